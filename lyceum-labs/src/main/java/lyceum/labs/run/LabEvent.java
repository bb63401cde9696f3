package lyceum.labs.run;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.labs.CheckResult;
import lyceum.labs.LabImage;
import lyceum.labs.LabTable;

/**
 * Something that happened in a run. A run begins with {@link Started} and ends with exactly one of {@link Finished},
 * {@link Failed} and {@link Cancelled}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
public sealed interface LabEvent {

    /** The lab began, with these parameters: Integer, Double, String or Boolean by name, in the order they were asked for. */
    @JsonTypeName("started")
    record Started(String slug, String title, Map<String, Object> params, long seed) implements LabEvent {}

    /** A sentence. */
    @JsonTypeName("said")
    record Said(String text) implements LabEvent {}

    /**
     * How much is done; {@code total} is negative if unknown, {@code secondsLeft} while there is no estimate; {@code metrics} are what the work
     * says of itself, finite numbers by name in its order, such as the loss of a training.
     */
    @JsonTypeName("progress")
    record Progress(String name, long done, long total, double secondsLeft, Map<String, Double> metrics) implements LabEvent {
        public Progress { metrics = metrics == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(metrics)); }

        Progress(String name, long done, long total, double secondsLeft) { this(name, done, total, secondsLeft, Map.of()); }
    }

    /** A table. */
    @JsonTypeName("table")
    record Table(LabTable table) implements LabEvent {}

    /** A figure. */
    @JsonTypeName("figure")
    record Figure(String title, FigureJson figure) implements LabEvent {}

    /** An image. */
    @JsonTypeName("image")
    record Image(LabImage image) implements LabEvent {}

    /** A check. */
    @JsonTypeName("check")
    record Check(CheckResult check) implements LabEvent {}

    /** The lab finished; its checks may hold or not. */
    @JsonTypeName("finished")
    record Finished(LabResult result) implements LabEvent {}

    /** The lab failed: what happened in one sentence, and the stack trace for the log. */
    @JsonTypeName("failed")
    record Failed(String message, String stack) implements LabEvent {}

    /** The run was stopped, by a user or at its time budget. */
    @JsonTypeName("cancelled")
    record Cancelled(String reason) implements LabEvent {}

    /** Whether nothing follows this event. */
    default boolean last() { return this instanceof Finished || this instanceof Failed || this instanceof Cancelled; }
}
