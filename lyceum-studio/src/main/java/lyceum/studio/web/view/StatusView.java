package lyceum.studio.web.view;

import java.util.List;

/** What holds, what does not, what took long, what changed last. */
public record StatusView(AreaLine all, List<Amended> amended, List<Failing> failing, List<AreaLine> modules, List<AreaLine> areas,
        List<Timing> slowest, List<Timing> latest, List<Change> changes, Since since, OnnxConformance onnx) {

    /** A clause that does not hold, or lacks a check; {@code again} where the line above is about the same topic. */
    public record Failing(String slug, String title, int clause, String text, String state, boolean again) {}

    /** A clause that holds in another form than the specification has; {@code again} where the line above is about the same topic. */
    public record Amended(String slug, String title, int clause, String text, String instead, String why, boolean again) {}

    /** How many topics run with a clause amended. */
    public long amendedTopics() { return amended.stream().map(Amended::slug).distinct().count(); }

    /** A stored run. */
    public record Timing(String slug, String title, String id, String seconds, String when, String outcome) {}

    /**
     * Checks of a topic whose verdicts or values changed on one day.
     *
     * @param clauses numbers of their clauses
     * @param checks  how many they are
     * @param holds   whether all of them hold now
     */
    public record Change(String slug, String title, String clauses, int checks, boolean holds, String when) {}

    /** A topic whose status is another than in the last version. */
    public record Moved(String slug, String title, String from, String to) {}

    /**
     * What changed since the last version.
     *
     * @param words a sentence
     * @param moved topics of another status
     */
    public record Since(String words, List<Moved> moved) {}
}
