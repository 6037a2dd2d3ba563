"""The monitor's colours: those of the chat's page in the dark."""

from typing import Final

from textual.theme import Theme

INK: Final = "#ebe8f2"
SOFT: Final = "#b3adc2"
FAINT: Final = "#7d7690"
ACCENT: Final = "#aa9eff"
GOOD: Final = "#6fd39f"
WARM: Final = "#ffb784"
ALERT: Final = "#ff8b80"

THEME: Final = Theme(
    name="chorus",
    primary=ACCENT,
    secondary="#6a56e3",
    accent=ACCENT,
    foreground=INK,
    background="#121117",
    surface="#1a191f",
    panel="#25232c",
    success=GOOD,
    warning=WARM,
    error=ALERT,
    dark=True,
    variables={"footer-key-foreground": ACCENT, "footer-background": "#1a191f", "footer-description-foreground": SOFT},
)


def heat(share: float) -> str:
    """The colour of something that is used up to this share of all there is."""
    return GOOD if share < 0.5 else WARM if share < 0.85 else ALERT
