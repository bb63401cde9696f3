package lyceum.backend.x86.index;

import lyceum.backend.Backend;

/** What a kernel does with an element and the place in the table that its index names. */
enum Rule {
    /** From the table. */
    GATHER,
    /** Into the table. */
    SET, ADD, MAX, MIN;

    static Rule of(Backend.Scatter rule) { return valueOf(rule.name()); }

    /** True if the result depends on what the table holds. */
    boolean combines() { return ordinal() >= ADD.ordinal(); }
}
