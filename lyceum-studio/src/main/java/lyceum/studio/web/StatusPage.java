package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lyceum.labs.run.RunStore;
import lyceum.labs.run.StoredRun;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.AreaLine;
import lyceum.studio.web.view.OnnxConformance;
import lyceum.studio.web.view.StatusView;

/** What holds, what does not yet, what took long. */
final class StatusPage {

    private static final int RUNS = 8;
    private static final int CHANGES = 12;

    private final Encyclopedia encyclopedia;
    private final RunStore store;
    private final Pages pages;
    private final Optional<LastVersion> last = LastVersion.load();
    private final OnnxConformance onnx = OnnxConformance.load();

    StatusPage(Encyclopedia encyclopedia, RunStore store, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.store = store;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) { routes.get("/status", this::show); }

    private void show(Context context) {
        var view = view(store.slowest(RUNS).stream().map(StatusPage::timing).toList(),
                store.latest(RUNS).stream().map(StatusPage::timing).toList());
        pages.send(context, "status", pages.head(context, "Status", "Which topics run, and which clauses do not hold yet.").under("status"),
                Map.of("view", view));
    }

    /** What the page shows, with these runs. */
    StatusView view(List<StatusView.Timing> slowest, List<StatusView.Timing> latest) {
        var modules = new ArrayList<AreaLine>();
        encyclopedia.board().countsBy(Topic::module)
                .forEach((module, counts) -> modules.add(encyclopedia.line("lyceum-" + module, "/topics?module=" + module, counts)));
        return new StatusView(encyclopedia.line("All", "/topics", encyclopedia.board().counts()), amended(), failing(), modules,
                encyclopedia.areaLines(), slowest, latest, changes(), since(last), onnx);
    }

    /** Clauses that fail, then clauses of begun topics that no check proves. */
    private List<StatusView.Failing> failing() {
        var fail = new ArrayList<StatusView.Failing>();
        var open = new ArrayList<StatusView.Failing>();
        for (var state : encyclopedia.board().all()) {
            var topic = state.topic();
            if (state.status() == Status.PARTIAL) {
                state.failing()
                        .forEach(n -> fail.add(new StatusView.Failing(topic.slug(), topic.title(), n, topic.clause(n), "fails", false)));
                state.missing().forEach(
                        n -> open.add(new StatusView.Failing(topic.slug(), topic.title(), n, topic.clause(n), "no check yet", false)));
            }
        }
        fail.addAll(open);
        var lines = new ArrayList<StatusView.Failing>();
        for (var line : fail) {
            boolean again = !lines.isEmpty() && lines.getLast().slug().equals(line.slug());
            lines.add(
                    new StatusView.Failing(line.slug(), line.title(), line.clause(), RunViews.sentence(line.text()), line.state(), again));
        }
        return lines;
    }

    /** The amended clauses of topics that run. */
    private List<StatusView.Amended> amended() {
        var lines = new ArrayList<StatusView.Amended>();
        for (var state : encyclopedia.board().amended()) {
            var topic = state.topic();
            state.amended()
                    .forEach(a -> lines.add(new StatusView.Amended(topic.slug(), topic.title(), a.clause(),
                            RunViews.sentence(topic.clause(a.clause())), RunViews.sentence(a.text()), a.reason(),
                            !lines.isEmpty() && lines.getLast().slug().equals(topic.slug()))));
        }
        return lines;
    }

    /** The topics of which checks changed last: verdict, or value by more than a tenth. */
    private List<StatusView.Change> changes() {
        var days = new TreeMap<String, Map<String, List<LedgerEntry>>>(Comparator.reverseOrder());
        encyclopedia.board().all().stream().flatMap(s -> s.checks().stream()).forEach(
                e -> days.computeIfAbsent(e.date(), d -> new TreeMap<>()).computeIfAbsent(e.topic(), t -> new ArrayList<>()).add(e));
        return days.values().stream().flatMap(day -> day.values().stream()).limit(CHANGES).map(this::change).toList();
    }

    private StatusView.Change change(List<LedgerEntry> checks) {
        var first = checks.getFirst();
        var clauses = Words.runs(checks.stream().mapToInt(LedgerEntry::clause).distinct().sorted().toArray());
        return new StatusView.Change(first.topic(), encyclopedia.row(first.topic()).title(), clauses, checks.size(),
                checks.stream().allMatch(LedgerEntry::holds), Words.date(first.date()));
    }

    private StatusView.Since since(Optional<LastVersion> last) {
        if (last.isEmpty()) {
            var all = encyclopedia.board().counts();
            return new StatusView.Since("%s is the first version: the %d topics that run are new in it.".formatted(pages.version(),
                    all.getOrDefault(Status.WORKS, 0)), List.of());
        }
        var moved = encyclopedia.order().stream().filter(row -> !encyclopedia.status(row.slug()).equals(last.get().of(row.slug())))
                .map(row -> new StatusView.Moved(row.slug(), row.title(), last.get().of(row.slug()), encyclopedia.status(row.slug())))
                .toList();
        return new StatusView.Since(
                moved.isEmpty() ? "No topic has another status than in " + last.get().version() + "."
                        : Words.plural(moved.size(), "topic has", "topics have") + " another status than in " + last.get().version() + ".",
                moved);
    }

    private static StatusView.Timing timing(StoredRun run) {
        var outcome = run.checks() == 0 ? "no checks" : run.holding() + " of " + run.checks() + " hold";
        return new StatusView.Timing(run.slug(), run.title(), run.id(), Words.seconds(run.seconds()), Words.date(run.date()), outcome);
    }
}
