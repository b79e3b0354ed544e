"""Addresses of the metering pages."""

from apps.metering.usage.urls import urlpatterns as usage

urlpatterns = [*usage]
