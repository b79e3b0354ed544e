"""The door: sign in, sign out, one-time links, forgotten passwords, finding one's organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from apps.accounts import selectors
from apps.accounts.addresses import tenant_url
from apps.accounts.forms import ForgotForm, NewPasswordForm, OrganisationForm, SignInForm, add_problem
from apps.accounts.mail import mail_is_configured, send_after_commit
from apps.accounts.middleware import COOKIE, address_of, clear_cookie, set_cookie
from apps.accounts.models import LinkKind, User
from apps.accounts.pages import TenantPage
from apps.accounts.services import (
    attempt_begin,
    attempt_failed,
    attempt_succeed,
    link_use,
    one_time_link_create,
    password_fits,
    password_set,
    session_create,
    session_end,
    session_forget,
)
from apps.accounts.services.sessions import ABSOLUTE
from apps.accounts.services.sign_in import Attempt
from apps.accounts.tokens import token_hash
from apps.rest.errors import ProblemError
from apps.tenants.hosts import UnknownHostError, bare_host, tenant_of_host
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest

WRONG = "The e-mail address and the password do not belong together."


def next_path(request: HttpRequest) -> str:
    """Where to go after signing in: only a path of this host."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else "/"


def let_in(request: Any, user: User, where: str) -> HttpResponseBase:
    """Start a new session (any old one of this browser ends) and go on."""
    session_forget(token=request.COOKIES.get(COOKIE, ""))
    _, token = session_create(
        user=user, ip=address_of(request), agent=request.META.get("HTTP_USER_AGENT", "")
    )
    rotate_token(request)
    response = HttpResponseRedirect(where)
    set_cookie(response, token, seconds=int(ABSOLUTE.total_seconds()))
    return response


class SignInPage(TenantPage):
    """Sign in by e-mail and password."""

    form: SignInForm
    attempt: Attempt | None = None
    refusal: ProblemError | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As every page, but the password is compared before the scope opens: hashing takes its time."""
        if request.method == "POST" and request.tenant is not None:
            self.form = SignInForm(request.POST)
            self.attempt = self._attempt(request) if self.form.is_valid() else None
        return super().dispatch(request, *args, **kwargs)

    def _attempt(self, request: Any) -> Attempt | None:
        try:
            with tenant_scope(request.tenant.id):
                attempt = attempt_begin(email=self.form.cleaned_data["email"], ip=address_of(request))
        except ProblemError as problem:
            self.refusal = problem
            return None
        if password_fits(attempt, self.form.cleaned_data["password"]):
            return attempt
        with tenant_scope(request.tenant.id):
            attempt_failed(attempt)
        return None

    def get(self, request: Any) -> HttpResponseBase:
        """The form, or on to the app for who is signed in already; to the set-up where nobody can be."""
        if request.actor is not None:
            return HttpResponseRedirect(next_path(request))
        if selectors.tenant_settings().setup_done_at is None and not selectors.active_people().exists():
            return HttpResponseRedirect("/setup")
        return self._form(request, SignInForm())

    def post(self, request: Any) -> HttpResponseBase:
        """Check and let in; every failure reads the same."""
        user = attempt_succeed(self.attempt) if self.attempt else None
        if user is not None:
            return let_in(request, user, next_path(request))
        if self.refusal is not None:
            add_problem(self.form, self.refusal)
            return self._form(request, self.form, status=self.refusal.status)
        if self.form.is_valid():
            self.form.add_error(None, WRONG)
        return self._form(request, self.form, status=422)

    def _form(self, request: Any, form: SignInForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "next": next_path(request), "can_mail": mail_is_configured()}
        return render(request, "accounts/sign_in.html", context, status=status)


class SignOutPage(TenantPage):
    """End this browser's session."""

    def post(self, request: Any) -> HttpResponseBase:
        """End it on the server, then forget the cookie."""
        if request.actor is not None and request.actor.session_id is not None:
            session_end(actor=request.actor, session_id=request.actor.session_id)
        response = HttpResponseRedirect("/sign-in")
        clear_cookie(response)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


class LinkPage(TenantPage):
    """A one-time link. Looking at it uses nothing up, so that a preview cannot burn it."""

    def get(self, request: Any, code: str) -> HttpResponseBase:
        """What the link does, with one button or the form for a password."""
        link = selectors.open_link(token_hash(code))
        if link is None or link.user is None:
            return render(request, "accounts/link_gone.html", status=410)
        return render(request, "accounts/link.html", {"link": link, "form": self._form_for(link.kind, None)})

    def post(self, request: Any, code: str) -> HttpResponseBase:
        """Use the link up and let its person in."""
        link = selectors.open_link(token_hash(code))
        if link is None or link.user is None:
            return render(request, "accounts/link_gone.html", status=410)
        form = self._form_for(link.kind, request.POST)
        if form is not None and not form.is_valid():
            return render(request, "accounts/link.html", {"link": link, "form": form})
        try:
            user = self._use(code, form)
        except ProblemError as problem:
            add_problem(form or NewPasswordForm(), problem)
            return render(request, "accounts/link.html", {"link": link, "form": form})
        if user is None:
            return render(request, "accounts/link_gone.html", status=410)
        return let_in(request, user, "/")

    def _form_for(self, kind: str, data: Any) -> NewPasswordForm | None:
        return NewPasswordForm(data) if kind in (LinkKind.RESET, LinkKind.INVITE) else None

    def _use(self, code: str, form: NewPasswordForm | None) -> User | None:
        """Its person, with the new password; a refused password leaves the link as it was."""
        with transaction.atomic():
            link = link_use(code=code)
            if link is None or link.user is None:
                return None
            if form is not None:
                password_set(actor=None, user=link.user, password=form.cleaned_data["password"])
            user: User = link.user
            return user


class ForgotPage(TenantPage):
    """A forgotten password: by mail where it is configured, else by an administrator's link."""

    def get(self, request: Any) -> HttpResponseBase:
        """The form, or whom to ask."""
        return self._page(request, ForgotForm())

    def post(self, request: Any) -> HttpResponseBase:
        """Send a link; the page reads the same whether anybody has the address."""
        form = ForgotForm(request.POST)
        if not form.is_valid() or not mail_is_configured():
            return self._page(request, form)
        user = selectors.person_of_email(form.cleaned_data["email"])
        if user is not None:
            path = one_time_link_create(actor=None, kind=LinkKind.RESET, user=user)
            link = tenant_url(request.tenant.id, path)
            send_after_commit(
                to=user.email,
                subject="Set a new password",
                template="reset",
                context={"user": user, "link": link},
            )
        return render(request, "accounts/forgot_sent.html")

    def _page(self, request: Any, form: ForgotForm) -> HttpResponse:
        return render(request, "accounts/forgot.html", {"form": form, "can_mail": mail_is_configured()})


class OrganisationPage(View):
    """On the bare host of several organisations: asks for the address and lists none."""

    def get(self, request: Any) -> HttpResponseBase:
        """The form; where the host already names an organisation, on to it."""
        if request.tenant is not None:
            return HttpResponseRedirect("/")
        return render(request, "accounts/organisation.html", {"form": OrganisationForm()})

    def post(self, request: Any) -> HttpResponseBase:
        """Lead to the organisation's own host."""
        form = OrganisationForm(request.POST)
        if form.is_valid():
            host = self._host(form.cleaned_data["address"])
            if host:
                port = request.get_host().rpartition(":")[2] if ":" in request.get_host() else ""
                return HttpResponseRedirect(f"{request.scheme}://{host}{f':{port}' if port else ''}/")
            form.add_error("address", "No organisation has this address. Ask a colleague for the right one.")
        return render(request, "accounts/organisation.html", {"form": form})

    def _host(self, address: str) -> str | None:
        name = (
            address.strip()
            .lower()
            .removeprefix("https://")
            .removeprefix("http://")
            .split("/")[0]
            .split(":")[0]
        )
        for host in (name, f"{name}.{bare_host()}"):
            try:
                if tenant_of_host(host) is not None and host != bare_host():
                    return host
            except UnknownHostError:
                continue
        return None
