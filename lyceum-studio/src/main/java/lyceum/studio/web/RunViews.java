package lyceum.studio.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import lyceum.labs.CheckResult;
import lyceum.labs.run.FigureJson;
import lyceum.labs.run.LabEvent;
import lyceum.labs.LabImage;
import lyceum.labs.run.LabResult;
import lyceum.labs.LabTable;
import lyceum.labs.run.RunStore;
import lyceum.plot.Audio;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Table;
import lyceum.studio.web.view.RunView;

/** Runs as a page shows them. */
final class RunViews {

    private static final int ROWS = 200;
    private static final double WIDTH = 560;
    private static final long REMEMBERED_BYTES = 8L << 20;

    private final Encyclopedia encyclopedia;
    /** The stored runs that were looked at last: their figures are drawn once. */
    private final Recent<RunView> remembered = new Recent<>(REMEMBERED_BYTES, RunViews::bytes);

    /** A large figure takes tens of megabytes while it is drawn: two at once, whoever asks. */
    private final Semaphore drawing = new Semaphore(2, true);

    private final SpareMemory memory = new SpareMemory();

    RunViews(Encyclopedia encyclopedia) { this.encyclopedia = encyclopedia; }

    /** Does what reads or draws figures, when it is its turn. */
    <T> T inTurn(Supplier<T> work) {
        drawing.acquireUninterruptibly();
        try {
            return work.get();
        } finally {
            drawing.release();
            memory.used();
        }
    }

    /** A run that goes on, or that this studio remembers, with its events so far. */
    RunView of(LiveRun run) { return inTurn(() -> drawn(run)); }

    private RunView drawn(LiveRun run) {
        var items = new ArrayList<RunView.Item>();
        var checks = new ArrayList<RunView.Check>();
        int figures = 0;
        int images = 0;
        String trouble = null;
        var made = "";
        long last = 0;
        for (var numbered : run.events()) {
            last = numbered.id();
            switch (numbered.event()) {
                case LabEvent.Said(var text) -> items.add(new RunView.Said(text));
                case LabEvent.Figure(_, var figure) -> items.add(figure(run.id(), figures++, figure));
                case LabEvent.Table(var table) -> items.add(grid(table));
                case LabEvent.Image(var image) -> items.add(picture(run.id(), images++, image));
                case LabEvent.Check(var check) -> checks.add(check(check));
                case LabEvent.Finished(var result) -> made = made(run, result);
                case LabEvent.Failed(var message, _) -> trouble = message;
                case LabEvent.Cancelled(var reason) -> trouble = sentence(reason);
                case LabEvent.Started _,LabEvent.Progress _ -> {}
            }
        }
        return new RunView(run.id(), run.state(), items, checks, made, trouble, last, run.training().map(RunViews::training).orElse(null));
    }

    /** Where a result comes from, and whether it is kept. */
    static String made(LiveRun run, LabResult result) {
        return Words.made(result) + (run.warning().isEmpty() ? "" : " · " + run.warning());
    }

    /** A stored run by its id; one that cannot be shown is left out of the store from then on. */
    Optional<RunView> stored(String id, RunStore store) {
        return remembered.get(id).or(() -> inTurn(() -> remembered.get(id).or(() -> read(id, store))));
    }

    private Optional<RunView> read(String id, RunStore store) {
        try {
            var view = store.find(id).map(result -> of(id, result));
            view.ifPresent(v -> remembered.put(id, v));
            return view;
        } catch (RuntimeException e) {
            store.leaveOut(id, e);
            return Optional.empty();
        }
    }

    private static long bytes(RunView view) {
        return view.items().stream().mapToLong(item -> switch (item) {
            case RunView.Said(var text) -> text.length();
            case RunView.Figure f -> f.svg().length() + bytes(f.data());
            case RunView.Grid grid -> bytes(grid);
            case RunView.Picture _ -> 256;
        }).sum();
    }

    private static long bytes(RunView.Grid grid) { return 64L * grid.columns().size() * grid.rows().size(); }

    /** A stored result. */
    RunView of(String id, LabResult result) {
        var items = new ArrayList<RunView.Item>();
        result.said().forEach(text -> items.add(new RunView.Said(text)));
        for (int i = 0; i < result.figures().size(); i++) {
            items.add(figure(id, i, result.figures().get(i)));
        }
        for (int i = 0; i < result.images().size(); i++) {
            items.add(picture(id, i, result.images().get(i)));
        }
        result.tables().forEach(table -> items.add(grid(table)));
        return new RunView(id, "done", items, result.checks().stream().map(this::check).toList(), Words.made(result), null, 0, null);
    }

    /** The curves of a run's trainings. */
    static RunView.Training training(Figure figure) { return new RunView.Training(Figures.inline(figure, WIDTH), figure.description()); }

    /** A figure whose files lie below the run's address. */
    RunView.Figure figure(String run, int number, FigureJson json) {
        var figure = json.figure();
        return new RunView.Figure(figure.title(), figure.description(), "/runs/" + run + "/figures/" + number,
                Figures.inline(figure, WIDTH), grid(figure.title(), figure.table()),
                figure instanceof Frames frames && !frames.slider().isEmpty() ? frames.slider() : "frame", Figures.labels(figure),
                Figures.first(figure), figure instanceof Audio, figure instanceof Cloud);
    }

    RunView.Grid grid(LabTable table) { return grid(table.title(), table.columns(), table.rows()); }

    private static RunView.Grid grid(String title, Table table) { return grid(title, table.columns(), table.rows()); }

    private static RunView.Grid grid(String title, List<String> columns, List<List<Object>> rows) {
        var shown = rows.stream().limit(ROWS).map(row -> row.stream().map(Words::cell).toList()).toList();
        return new RunView.Grid(title, columns, shown, rows.size() - shown.size());
    }

    RunView.Picture picture(String run, int number, LabImage image) {
        return new RunView.Picture(image.title(), image.description(), "/runs/" + run + "/images/" + number + ".png");
    }

    RunView.Check check(CheckResult check) {
        var topic = encyclopedia.catalogue().find(check.topic());
        var clause = topic.filter(t -> check.clause() >= 1 && check.clause() <= t.clauses().size()).map(t -> t.clause(check.clause()))
                .orElse("");
        boolean shared = encyclopedia.lab(check.topic()).filter(lab -> lab.topics().size() > 1).isPresent();
        boolean fact = check.expected().equals("true");
        return new RunView.Check(check.topic(), check.clause(), check.name(),
                fact ? String.valueOf(check.value() == 1) : Words.number(check.value()), check.expected(),
                check.holds() ? "holds" : check.fails() ? "fails" : "other", check.verdict().words(), clause,
                shared ? topic.map(t -> t.title()).orElse("") : "");
    }

    /** Words as a sentence; a formula or a name that they begin with stays as it is. */
    static String sentence(String words) {
        if (words.isEmpty()) return "";
        var first = words.split(" ", 2)[0];
        return (first.matches("[a-z]{2,}[,:]?") ? Character.toUpperCase(words.charAt(0)) + words.substring(1) : words)
                + (words.endsWith(".") ? "" : ".");
    }
}
