"""The frame that every page of the back office stands in; no page of its own.

`frame` is the navigation and the read-only list; `pages` builds an object in cards, a form that presses one use case, a
choice; `scope` tells whose figures are shown; `charts` draws them; `drafts` and `kept_drafts` keep what somebody typed
while their session ended.
"""
