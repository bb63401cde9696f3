package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How far a topic has come, and what is left.
 *
 * @param topic   the topic
 * @param status  planned, partial or works
 * @param missing numbers of clauses that no check proves
 * @param failing numbers of clauses with a check that did not hold when it last ran
 * @param article whether its article is written
 * @param lab     whether a lab covers it
 * @param checks  the ledger's entries about it
 * @param amended clauses that hold in another form than the catalogue has, by number
 */
public record TopicStatus(Topic topic, Status status, List<Integer> missing, List<Integer> failing, boolean article, boolean lab,
        List<LedgerEntry> checks, List<Amendment> amended) {

    /** Copies the lists. */
    public TopicStatus {
        missing = List.copyOf(missing);
        failing = List.copyOf(failing);
        checks = List.copyOf(checks);
        amended = amended.stream().sorted(Comparator.comparingInt(Amendment::clause)).toList();
    }

    /** The amendment of a clause, if it has one. */
    public Optional<Amendment> amendment(int clause) { return amended.stream().filter(a -> a.clause() == clause).findFirst(); }

    /** {@code 2 clauses amended}, or an empty text. */
    public String amendedWords() {
        return amended.isEmpty() ? "" : amended.size() + (amended.size() == 1 ? " clause" : " clauses") + " amended";
    }

    /** {@code works}, or {@code works, 2 clauses amended}. */
    public String words() { return status.word() + (amended.isEmpty() ? "" : ", " + amendedWords()); }

    /** What is left, in words; an empty text for a topic that works. */
    public String left() {
        var left = new ArrayList<String>();
        if (!article) {
            left.add("no article");
        }
        if (!lab) {
            left.add("no lab");
        }
        if (!missing.isEmpty()) {
            left.add((missing.size() == 1 ? "clause " : "clauses ") + joined(missing) + " unchecked");
        }
        if (!failing.isEmpty()) {
            left.add((failing.size() == 1 ? "clause " : "clauses ") + joined(failing) + (failing.size() == 1 ? " fails" : " fail"));
        }
        return String.join(", ", left);
    }

    private static String joined(List<Integer> numbers) { return String.join(", ", numbers.stream().map(String::valueOf).toList()); }
}
