"""Dated prices: rented devices by the hour, hosted models by the token."""

from __future__ import annotations

from datetime import date

from llama_advisor.text.strict import Strict


class RentalPrice(Strict):
    """What one instance costs."""

    id: str
    """Offer id, `cloud/instance`."""
    cloud: str
    """Provider."""
    instance: str = ""
    """Instance type."""
    device: str
    """Device id."""
    count: int
    """Devices in the instance."""
    usd_per_hour: float
    """On-demand price of the instance, USD per hour."""
    spot_usd_per_hour: float | None = None
    """Spot price of the instance, USD per hour."""
    region: str = ""
    """Region."""
    ram_gib: float | None = None
    """Host memory, GiB."""
    as_of: date | None = None
    """Day of the price; null where the source gives none."""
    source: str
    """Source id."""
    unverified: bool = False
    """Whether the figure was not read in a source."""


class HostedPrice(Strict):
    """What a hosted model costs, and until when it is served."""

    id: str
    """Offer id, `provider/model key`."""
    provider: str
    """Provider."""
    model: str
    """Model id."""
    usd_per_million_input_tokens: float | None
    """USD per million prompt tokens; null when not known."""
    usd_per_million_output_tokens: float | None
    """USD per million generated tokens; null when not known."""
    context_tokens: int | None = None
    """Context the provider serves."""
    retires_on: date | None = None
    """Day of retirement, if announced."""
    as_of: date
    """Day of the price."""
    source: str
    """Source id."""
    doubtful: str = ""
    """Why the figure is not used, where it looks wrong."""
    unverified: bool = False
    """Whether the figure was not read in a source."""
