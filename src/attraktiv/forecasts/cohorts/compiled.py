"""How the kernels are compiled, and the one way in which they sum."""

from __future__ import annotations

from numba import njit, prange

# No leave to take sums in another order: what runs in parallel is compiled twice, once for the
# process that compiles and once for those that load it, and the two would differ in the last bit.
in_parallel = njit(parallel=True, cache=True, error_model="numpy")
compiled = njit(cache=True, error_model="numpy")


@compiled
def sum_of(values, first, end):  # type: ignore[no-untyped-def]
    """Sum values[first:end] in eight lanes: one order, whoever compiles it, and none that waits."""
    zero = values.dtype.type(0.0)
    s0, s1, s2, s3, s4, s5, s6, s7 = zero, zero, zero, zero, zero, zero, zero, zero
    a = first
    while a + 8 <= end:
        s0 += values[a]
        s1 += values[a + 1]
        s2 += values[a + 2]
        s3 += values[a + 3]
        s4 += values[a + 4]
        s5 += values[a + 5]
        s6 += values[a + 6]
        s7 += values[a + 7]
        a += 8
    while a < end:
        s0 += values[a]
        a += 1
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@in_parallel
def by_groups(people, first, end, out):  # type: ignore[no-untyped-def]
    """Sum persons by groups of ages.

    Parameters
    ----------
    people : (draw, place, sex, age) float
    first, end : (group,) int
        Positions of the first age of each group, and of the one after its last.
    out : (group, draw, place) float
        Filled.
    """
    draws, places, sexes, _ = people.shape
    for i in prange(draws * places):
        d, p = i // places, i % places
        for g in range(len(first)):
            total = 0.0
            for s in range(sexes):
                total += sum_of(people[d, p, s], first[g], end[g])
            out[g, d, p] = total
