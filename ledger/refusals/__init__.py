"""What the books and the drawers say no to, and how a guard's refusal in Postgres becomes one of these."""
