package lyceum.labs;

import java.util.ArrayList;
import java.util.List;

/**
 * What a run has told in events, kept by who hears them: its result then comes without what was told and is made whole here, so
 * that a figure crosses the pipe from a worker once.
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
