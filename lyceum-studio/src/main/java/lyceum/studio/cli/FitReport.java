package lyceum.studio.cli;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lyceum.data.Csv;
import lyceum.learn.table.TableColumn.Kind;
import lyceum.learn.table.TableStudy;
import lyceum.learn.table.TableTask;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;
import lyceum.studio.web.view.ReportView;

/** What {@code lyceum fit} found, as a page that needs nothing else, and as a model card. */
final class FitReport {
    /** Rows that are named one by one. */
    private static final int NAMED = 20;

    private FitReport() {}

    static String html(String file, TableStudy study, List<Csv.Reject> rejects) {
        var columns = study.profile().columns().stream()
                .map(c -> new ReportView.Column(c.name(), c.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '), c.reason(),
                        c.missing(), c.distinct(), c.kind() == Kind.LEFT_OUT))
                .toList();
        var figures = study.figures().stream().map(f -> new ReportView.Picture(f.title(), f.description(), Svg.write(f, Theme.LIGHT)))
                .toList();
        var view = new ReportView(study.target() + " from " + file, task(study), study.summary().lines().toList(), warnings(study, rejects),
                columns, figures, study.model().about().get("settings"));
        var out = new StringOutput(65_536);
        TemplateEngine.createPrecompiled(null, ContentType.Html, FitReport.class.getClassLoader(), "lyceum.studio.web.pages")
                .render("report.jte", Map.of("view", view), out);
        return out.toString();
    }

    private static String task(TableStudy study) {
        return study.task() == TableTask.REGRESSION ? "A number is predicted." : "One of " + study.classes().size()
                + " classes is predicted: " + study.classes().stream().limit(12).collect(Collectors.joining(", ")) + ".";
    }

    private static List<String> warnings(TableStudy study, List<Csv.Reject> rejects) {
        var all = new ArrayList<>(suspects(study));
        if (!rejects.isEmpty()) all.add(leftOut(rejects));
        return all;
    }

    /** Which rows of the file are not in the table. */
    static String leftOut(List<Csv.Reject> rejects) {
        return (rejects.size() == 1 ? "1 row does not fit and was left out: " : rejects.size() + " rows do not fit and were left out: ")
                + rejects.stream().limit(NAMED).map(Csv.Reject::toString).collect(Collectors.joining("; "))
                + (rejects.size() > NAMED ? "; and " + (rejects.size() - NAMED) + " more" : "");
    }

    private static List<String> suspects(TableStudy study) {
        return study.suspects().stream().map(column -> column + " tells " + study.target()
                + " nearly alone. Is it known at the moment of prediction? If not, fit again with --drop " + column + ".").toList();
    }

    /** Markdown in the order of the usual model card: what it is, from what, how good, what to beware of. */
    static String card(String file, TableStudy study, List<Csv.Reject> rejects) {
        var about = study.model().about();
        var scores = study.testScores().entrySet().stream().map(e -> String.format(Locale.ROOT, "- %s: %.4g", e.getKey(), e.getValue()))
                .collect(Collectors.joining("\n"));
        return """
                # %s from %s

                A %s model for %s, made by Lyceum on %s. Settings: %s.%s

                ## Data

                %d rows of %d; %d of %d columns are used: %s.%s

                ## How good it is

                On %d rows that no choice has seen, by the same model fitted without them:

                %s

                %s

                ## Beware

                %s
                """.formatted(study.target(), file, study.winner(), study.task().name().toLowerCase(Locale.ROOT), about.get("made"),
                about.get("settings"), study.calibrated() ? " Its probabilities are calibrated." : "", study.rows(), study.given(),
                study.profile().taken().size(), study.profile().columns().size(), String.join(", ", study.model().columns()),
                rejects.isEmpty() ? "" : " " + leftOut(rejects) + ".", study.testRows(), scores, lead(study), beware(study));
    }

    private static String lead(TableStudy study) {
        var lead = study.leadOver(TableStudy.BASELINE);
        var text = String.format(Locale.ROOT,
                "The %s of a baseline that looks at no column less its own: %.3g to %.3g (95%% interval over the folds%s).",
                study.scorers().getFirst().name(), lead.low(), lead.high(),
                study.searched() ? ", flattered by settings that were chosen on them" : "");
        return lead.low() > 0 ? text : text + " That could be luck.";
    }

    private static String beware(TableStudy study) {
        var suspects = suspects(study);
        var rule = "It describes rows like those it was trained on; check it on your own rows before relying on it.";
        return suspects.isEmpty() ? rule : suspects.stream().map(s -> "- " + s).collect(Collectors.joining("\n")) + "\n- " + rule;
    }
}
