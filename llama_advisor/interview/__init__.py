"""The questionnaire: from answers to the next question, and from answers to a scenario; pure."""
