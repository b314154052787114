"""Names for runs that were given none: adjective-noun-number."""

from __future__ import annotations

import random

__all__ = ["random_name"]

_ADJECTIVES = """
able agile amber apt aqua azure bold brave brief bright brisk calm candid clear
clever cosmic cozy crisp daring dapper deft eager early easy fair fancy fast
fine fleet fluent fond frank free fresh gentle glad golden good grand happy
hardy hazel honest humble ideal jade jolly keen kind lively loyal lucid lucky
lunar mellow merry mighty modest neat nimble noble olive patient plucky polite
proud quick quiet rapid rare ready robust rosy royal sage sharp silent silver
sleek smart smooth snug solar solid sturdy subtle sunny swift tidy upbeat valid
vivid warm wise witty young zesty
"""
_NOUNS = """
ant auk bass bat bear bee bison boar calf carp cat chimp cod colt conch cow crab
crane crow cub deer doe dog dove duck eel elk fawn finch fish flea fly foal fowl
fox frog gnat gnu goat goose grouse grub gull hare hawk hen heron hog horse
hound ibex jay kit kite koi lamb lark lion loon lynx mink mole moose moth mouse
mule newt owl ox panda perch pig pony quail ram rat raven robin rook seal shad
shark sheep shrew shrike skunk sloth smelt snail snake snipe sow squid stag
steed stoat stork swan tern toad trout vole wasp whale wolf worm wren yak zebra
"""
# Its own generator: a user's random.seed must not make the names repeat.
_generator = random.SystemRandom()


def random_name() -> str:
    """Return a new name such as ``brave-otter-512``.

    Examples
    --------
    >>> random_name().count("-")
    2
    """
    adjective, noun = map(_one_of, (_ADJECTIVES, _NOUNS))
    return f"{adjective}-{noun}-{_generator.randint(0, 999)}"


def _one_of(words: str) -> str:
    return _generator.choice(words.split())
