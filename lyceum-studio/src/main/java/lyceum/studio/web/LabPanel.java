package lyceum.studio.web;

import io.javalin.http.Context;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lyceum.labs.run.LabClass;
import lyceum.labs.LabParameterException;
import lyceum.labs.NumberText;
import lyceum.labs.Parameter;
import lyceum.labs.Sketch;
import lyceum.labs.run.StoredRun;
import lyceum.studio.web.view.LabView;
import lyceum.studio.web.view.RunView;

/** The lab beside an article: its form, filled from the address, and the run to show. */
final class LabPanel {

    /** Seconds that a lab may take. */
    static final int BUDGET_SECONDS = 60;
    private static final double QUICK_SECONDS = 1;

    private final Runs runs;
    private final RunViews views;

    LabPanel(Runs runs, RunViews views) {
        this.runs = runs;
        this.views = views;
    }

    /**
     * What an address asks of a lab; what it says wrongly takes its default.
     *
     * @param lab    the lab
     * @param params values as text, by name, for every parameter
     * @param typed  the same as the lab takes them
     * @param seed   seed
     */
    record Asked(LabClass lab, Map<String, String> params, Map<String, Object> typed, long seed) {

        static Asked of(LabClass lab, Context context) {
            var given = new LinkedHashMap<String, String>();
            for (var parameter : lab.parameters()) {
                var text = context.queryParam(parameter.name());
                if (text != null && accepts(parameter, text)) {
                    given.put(parameter.name(), text.strip());
                }
            }
            var typed = lab.values(given);
            var params = new LinkedHashMap<String, String>();
            typed.forEach((name, value) -> params.put(name, given.getOrDefault(name, text(value))));
            return new Asked(lab, params, typed, seed(context));
        }

        private static boolean accepts(Parameter parameter, String text) {
            try {
                parameter.parse(text);
                return true;
            } catch (LabParameterException e) {
                return false;
            }
        }

        private static long seed(Context context) {
            try {
                return RunsApi.seedText(context.queryParam("seed"));
            } catch (LabParameterException e) {
                return 1;
            }
        }
    }

    LabView view(String slug, Asked asked, Context context) {
        var run = run(context.queryParam("run"), asked).or(() -> lastView(slug, asked)).orElse(null);
        var last = lastRun(slug, asked);
        var params = asked.lab().parameters().stream().map(p -> param(p, asked.params().get(p.name()))).toList();
        boolean quick = last.map(s -> s.seconds() < QUICK_SECONDS).orElse(false);
        return new LabView(asked.lab().title(), slug, params, asked.seed(), "At most " + BUDGET_SECONDS + " s and 1 GB, on this machine.",
                quick, run, true);
    }

    /** The run that the address names. */
    private Optional<RunView> run(String id, Asked asked) {
        if (id == null) return Optional.empty();
        return runs.live(id).filter(r -> r.request().labClass().equals(asked.lab().name())).map(views::of)
                .or(() -> views.inTurn(() -> runs.stored(id).filter(r -> r.lab().equals(asked.lab().name())).isPresent())
                        ? views.stored(runs.storedId(id), runs.store()) : Optional.empty());
    }

    /** The latest stored run of these values that can be shown: a damaged one is left out, and the one before it is the latest. */
    private Optional<RunView> lastView(String slug, Asked asked) {
        for (var last = lastRun(slug, asked); last.isPresent(); last = lastRun(slug, asked)) {
            var view = views.stored(last.get().id(), runs.store());
            if (view.isPresent()) return view;
        }
        return Optional.empty();
    }

    /** The latest stored run of these values, for any of the topics that share the lab. */
    private Optional<StoredRun> lastRun(String slug, Asked asked) {
        return runs.store().last(slug, asked.typed(), asked.seed()).or(() -> asked.lab().topics().stream()
                .map(other -> runs.store().last(other, asked.typed(), asked.seed())).flatMap(Optional::stream).findFirst());
    }

    private static LabView.Param param(Parameter parameter, String value) {
        var label = parameter.name().replace('_', ' ').replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
        var initial = text(parameter.defaultValue());
        return switch (parameter) {
            case Parameter.Whole(var name, _, int min, int max) ->
                    new LabView.Param(name, label, value, initial, String.valueOf(min), String.valueOf(max), "1", true, List.of(), 0);
            case Parameter.Real(var name, _, double min, double max) ->
                    new LabView.Param(name, label, value, initial, text(min), text(max), step(min, max), false, List.of(), 0);
            case Parameter.Choice(var name, _, var options) ->
                    new LabView.Param(name, label, value, initial, "", "", "", false, options, 0);
            case Parameter.Text(var name, _, int most) ->
                    new LabView.Param(name, label, value, initial, "", String.valueOf(most), "", false, List.of(), 0);
            case Parameter.Drawing(var name, _, int side) ->
                    new LabView.Param(name, label, value, initial, "", String.valueOf(Sketch.MOST), "", false, List.of(), side);
            case Parameter.Flag(var name, _) ->
                    new LabView.Param(name, label, value, initial, "", "", "", false, List.of("true", "false"), 0);
        };
    }

    /** A round step of which a slider's way has 100 to 1,000. */
    private static String step(double min, double max) {
        return text(Math.pow(10, Math.floor(Math.log10(Math.max(1e-300, max - min))) - 2));
    }

    static String text(Object value) {
        return value instanceof Double d ? new BigDecimal(NumberText.of(d)).toPlainString() : String.valueOf(value);
    }
}
