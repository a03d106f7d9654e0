"""Questions around one answer: every build judged, models side by side, how the answer moves."""
