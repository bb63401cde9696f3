package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import lyceum.labs.run.LabJson;

/**
 * Every check of every clause and whether it held when it last ran: a committed file for each module, one line a check, ordered by
 * topic, clause and test. An entry is rewritten only when its verdict or bound changes or its value moves by more than a tenth, so that a run
 * of the tests on another machine leaves the file alone.
 */
public final class Ledger {

    private static final String FOLDER = "/lyceum/labs/ledger";
    private static final Comparator<LedgerEntry> ORDER = Comparator.comparing(LedgerEntry::topic).thenComparingInt(LedgerEntry::clause)
            .thenComparing(LedgerEntry::test);

    private final List<LedgerEntry> entries;
    private final Map<String, List<LedgerEntry>> byTopic = new HashMap<>();

    private Ledger(Collection<LedgerEntry> entries) {
        this.entries = entries.stream().sorted(ORDER).toList();
        this.entries.forEach(e -> byTopic.computeIfAbsent(e.topic(), t -> new ArrayList<>()).add(e));
    }

    /** Reads the ledger that Lyceum ships; empty where there is none. */
    public static Ledger load() { return Prepared.checks().map(Ledger::of).orElseGet(Ledger::source); }

    /** The ledger as it is committed. */
    static Ledger source() { return of(ModuleFiles.read(FOLDER, LedgerEntry[].class)); }

    /** Reads a ledger from its text. */
    public static Ledger parse(String json) { return of(Arrays.asList(LabJson.read(json, LedgerEntry[].class))); }

    /** A ledger of these entries. */
    public static Ledger of(Collection<LedgerEntry> entries) { return new Ledger(entries); }

    /** Every entry, in order. */
    public List<LedgerEntry> entries() { return entries; }

    /** Entries about a topic, in order. */
    public List<LedgerEntry> of(String topic) { return byTopic.getOrDefault(topic, List.of()); }

    /** The ledger's text: one entry a line. */
    public String toJson() {
        var text = new StringBuilder("[");
        for (int i = 0; i < entries.size(); i++) {
            text.append(i == 0 ? "\n" : ",\n").append(LabJson.write(entries.get(i)));
        }
        return text.append("\n]\n").toString();
    }

    /**
     * This ledger after checks ran. {@code seen} replaces entries of the same topic, clause and test when they changed
     * materially; entries that did not run this time stay.
     */
    public Ledger merged(Collection<LedgerEntry> seen) {
        var merged = new HashMap<String, LedgerEntry>();
        entries.forEach(e -> merged.put(key(e), e));
        seen.forEach(e -> merged.merge(key(e), e, (old, now) -> changed(old, now) ? now : old));
        return of(merged.values());
    }

    /** This ledger without the entries that {@code gone} accepts, such as those of tests that were removed. */
    public Ledger without(Predicate<LedgerEntry> gone) { return of(entries.stream().filter(gone.negate()).toList()); }

    private static String key(LedgerEntry e) { return e.topic() + " " + e.clause() + " " + e.test(); }

    /** Whether the verdict or a bound differs, or the value by more than a tenth or in its words. */
    static boolean changed(LedgerEntry old, LedgerEntry now) {
        return old.holds() != now.holds() || !ValueText.alike(old.value(), now.value());
    }
}
