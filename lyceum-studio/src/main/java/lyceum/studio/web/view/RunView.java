package lyceum.studio.web.view;

import java.util.List;
import java.util.stream.Collectors;
import lyceum.plot.Cloud;

/**
 * A run of a lab: what it said, drew and checked.
 *
 * @param id      identifier of the run
 * @param state   {@code queued}, {@code running}, {@code done}, {@code failed} or {@code stopped}
 * @param items   what it said and drew, in order
 * @param checks  its checks
 * @param made    parameters, seed, duration, machine and date, in words
 * @param trouble why it failed or stopped, or null
 * @param events  number of events so far
 * @param training the curves of its trainings, or null
 */
public record RunView(String id, String state, List<Item> items, List<Check> checks, String made, String trouble, long events,
        Training training) {

    public boolean live() { return state.equals("queued") || state.equals("running"); }

    /** How the trainings of a run go, as a picture that grows while they do; {@code description} says what is in it. */
    public record Training(String svg, String description) {}

    /** Something a lab emitted. */
    public sealed interface Item permits Said, Figure, Grid, Picture {}

    /** A sentence; lines after the first are set as they are. */
    public record Said(String text) implements Item {

        public String lead() { return text.lines().findFirst().orElse(""); }

        public String rest() { return text.lines().skip(1).collect(Collectors.joining("\n")); }
    }

    /**
     * A figure: its files lie under {@code base}; {@code svg} is what is seen until it is interactive. A sequence has a slider with
     * these labels and is seen at {@code first} at first; another figure has no labels. A sound is played from {@code .wav}, a cloud is turned.
     */
    public record Figure(String title, String description, String base, String svg, Grid data, String slider, List<String> labels,
            int first, boolean sound, boolean cloud) implements Item {
        /** Degrees from which a cloud is seen at first. */
        public long turn() { return Math.round(Cloud.TURN); }

        public long tilt() { return Math.round(Cloud.TILT); }

        /** The labels as one text, a line each. */
        public String lines() { return String.join("\n", labels); }
    }

    /** A table. */
    public record Grid(String title, List<String> columns, List<List<String>> rows, int more) implements Item {}

    public record Picture(String title, String alt, String source) implements Item {}

    /** A claim with what was measured; {@code state} is {@code holds}, {@code fails} or {@code other}, {@code verdict} its words; {@code of} names the topic where the lab serves several. */
    public record Check(String topic, int clause, String name, String value, String bound, String state, String verdict, String clauseText,
            String of) {}
}
