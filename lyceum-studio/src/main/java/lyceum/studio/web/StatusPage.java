package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.labs.RunStore;
import lyceum.labs.StoredRun;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.AreaLine;
import lyceum.studio.web.view.StatusView;

/** What holds, what does not yet, what took long. */
final class StatusPage {

    private static final int RUNS = 8;
    private static final int CHANGES = 12;

    private final Encyclopedia encyclopedia;
    private final RunStore store;
    private final Pages pages;

    StatusPage(Encyclopedia encyclopedia, RunStore store, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.store = store;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) {
        routes.get("/status", this::show);
    }

    private void show(Context context) {
        var modules = new ArrayList<AreaLine>();
        encyclopedia.board().countsBy(Topic::module).forEach((module, counts) -> modules.add(encyclopedia.line("lyceum-" + module, "/topics?module=" + module, counts)));
        var view = new StatusView(encyclopedia.line("All", "/topics", encyclopedia.board().counts()), failing(), modules, encyclopedia.areaLines(),
            store.slowest(RUNS).stream().map(StatusPage::timing).toList(), store.latest(RUNS).stream().map(StatusPage::timing).toList(), changes());
        pages.send(context, "status", pages.head(context, "Status", "Which topics run, and which clauses do not hold yet.").under("status"), Map.of("view", view));
    }

    /** Clauses that fail, then clauses of begun topics that no check proves. */
    private List<StatusView.Failing> failing() {
        var fail = new ArrayList<StatusView.Failing>();
        var open = new ArrayList<StatusView.Failing>();
        for (var state : encyclopedia.board().all()) {
            var topic = state.topic();
            if (state.status() == lyceum.labs.catalogue.Status.PARTIAL) {
                state.failing().forEach(n -> fail.add(new StatusView.Failing(topic.slug(), topic.title(), n, topic.clause(n), "fails", false)));
                state.missing().forEach(n -> open.add(new StatusView.Failing(topic.slug(), topic.title(), n, topic.clause(n), "no check yet", false)));
            }
        }
        fail.addAll(open);
        var lines = new ArrayList<StatusView.Failing>();
        for (var line : fail) {
            boolean again = !lines.isEmpty() && lines.getLast().slug().equals(line.slug());
            lines.add(new StatusView.Failing(line.slug(), line.title(), line.clause(), RunViews.sentence(line.text()), line.state(), again));
        }
        return lines;
    }

    /** The clauses whose verdict or value changed last. */
    private List<StatusView.Change> changes() {
        return encyclopedia.board().all().stream().flatMap(s -> s.checks().stream())
            .sorted(java.util.Comparator.comparing(LedgerEntry::date).reversed().thenComparing(LedgerEntry::topic).thenComparingInt(LedgerEntry::clause)).limit(CHANGES)
            .map(e -> new StatusView.Change(e.topic(), encyclopedia.row(e.topic()).title(), e.clause(), e.value(), e.holds(), Words.date(e.date()))).toList();
    }

    private static StatusView.Timing timing(StoredRun run) {
        var outcome = run.checks() == 0 ? "no checks" : run.holding() + " of " + run.checks() + " hold";
        return new StatusView.Timing(run.slug(), run.title(), run.id(), Words.seconds(run.seconds()), Words.date(run.date()), outcome);
    }
}
