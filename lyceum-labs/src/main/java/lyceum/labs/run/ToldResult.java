package lyceum.labs.run;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.CheckResult;
import lyceum.labs.LabImage;
import lyceum.labs.LabTable;

/**
 * Collects what a run reports in events: the worker then sends its result without them and it is completed here, so that a
 * figure crosses the pipe only once.
 */
final class ToldResult {

    private final List<CheckResult> checks = new ArrayList<>();
    private final List<FigureJson> figures = new ArrayList<>();
    private final List<LabTable> tables = new ArrayList<>();
    private final List<LabImage> images = new ArrayList<>();
    private final List<String> said = new ArrayList<>();

    /** The event as a worker writes it. */
    static LabEvent bare(LabEvent event) {
        return event instanceof LabEvent.Finished(var whole) ? new LabEvent.Finished(new ToldResult().in(whole)) : event;
    }

    /** Keeps what an event told; of the last one, returns the whole. */
    LabEvent hear(LabEvent event) {
        switch (event) {
            case LabEvent.Check(var check) -> checks.add(check);
            case LabEvent.Figure(_, var figure) -> figures.add(figure);
            case LabEvent.Table(var table) -> tables.add(table);
            case LabEvent.Image(var image) -> images.add(image);
            case LabEvent.Said(var text) -> said.add(text);
            case LabEvent.Finished(var result) -> {
                return new LabEvent.Finished(in(result));
            }
            default -> {}
        }
        return event;
    }

    private LabResult in(LabResult r) {
        return new LabResult(r.slug(), r.lab(), r.title(), r.seed(), r.params(), r.seconds(), checks, figures, tables, images, said,
                r.testMode(), r.version(), r.machine(), r.date());
    }
}
