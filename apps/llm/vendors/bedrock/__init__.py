"""Amazon Bedrock's Converse API, spoken natively."""

from apps.llm.vendors.bedrock.adapter import Bedrock

__all__ = ["Bedrock"]
