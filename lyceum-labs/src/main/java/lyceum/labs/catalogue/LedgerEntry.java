package lyceum.labs.catalogue;

/**
 * What became of one check of one clause when it last ran.
 *
 * @param topic  the topic's slug
 * @param clause its number, from 1
 * @param test   who checked: a test method or a lab's check
 * @param holds  whether it held
 * @param value  what was measured, in words: {@code gap 4.4e-12}; may be empty
 * @param date   when the verdict or the value last changed, ISO 8601
 * @param cpu    on what
 * @param commit of what
 */
public record LedgerEntry(String topic, int clause, String test, boolean holds, String value, String date, String cpu, String commit) {}
