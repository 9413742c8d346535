"""Figures by business day (gold): daily sales, articles, and the proof that layers and books agree. Reads only."""
