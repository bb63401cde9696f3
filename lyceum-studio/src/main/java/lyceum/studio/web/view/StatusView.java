package lyceum.studio.web.view;

import java.util.List;

/** What holds, what does not, what took long, what changed last. */
public record StatusView(AreaLine all, List<Failing> failing, List<AreaLine> modules, List<AreaLine> areas, List<Timing> slowest, List<Timing> latest, List<Change> changes) {

    /** A clause that does not hold, or lacks a check; {@code again} where the line above is about the same topic. */
    public record Failing(String slug, String title, int clause, String text, String state, boolean again) {}

    /** A stored run. */
    public record Timing(String slug, String title, String id, String seconds, String when, String outcome) {}

    /** A check whose verdict or value changed. */
    public record Change(String slug, String title, int clause, String value, boolean holds, String when) {}
}
