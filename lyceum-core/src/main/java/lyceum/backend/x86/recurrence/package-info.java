/** Recurrences that each step steers: {@link lyceum.backend.x86.recurrence.SelectiveScans} is where a call arrives. Channels are lanes, so that nothing goes across them. */
package lyceum.backend.x86.recurrence;
