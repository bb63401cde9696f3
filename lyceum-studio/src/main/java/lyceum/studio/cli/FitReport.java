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

/**
 * What {@code lyceum fit} found, as a page that needs nothing else, and as a model card.
 *
 * @param file its name
 * @param rejects rows that were left out
 */
record FitReport(String file, TableStudy study, List<Csv.Reject> rejects) {
    /** Rows left out of which each has a line; a broken export may have thousands. */
    private static final int LISTED = 20;

    /** The study in words, and which rows it did without. */
    List<String> summary() {
        var lines = new ArrayList<>(study.summary().lines().toList());
        rejects.stream().limit(LISTED).forEach(reject -> lines.add("row left out: " + reject));
        if (rejects.size() > LISTED)
            lines.add("rows left out: " + (rejects.size() - LISTED) + " more, the last in line " + rejects.getLast().line());
        return lines;
    }

    String html() {
        var columns = study.profile().columns().stream()
                .map(c -> new ReportView.Column(c.name(), c.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '), c.reason(),
                        c.missing(), c.distinct(), c.kind() == Kind.LEFT_OUT))
                .toList();
        var figures = study.figures().stream().map(f -> new ReportView.Picture(f.title(), f.description(), Svg.write(f, Theme.LIGHT)))
                .toList();
        var view = new ReportView(study.target() + " from " + file, task(), summary(), suspects(), columns, figures,
                study.model().about().get("settings"));
        var out = new StringOutput(65_536);
        TemplateEngine.createPrecompiled(null, ContentType.Html, FitReport.class.getClassLoader(), "lyceum.studio.web.pages")
                .render("report.jte", Map.of("view", view), out);
        return out.toString();
    }

    private String task() {
        return study.task() == TableTask.REGRESSION ? "A number is predicted." : "One of " + study.classes().size()
                + " classes is predicted: " + study.classes().stream().limit(12).collect(Collectors.joining(", ")) + ".";
    }

    private List<String> suspects() {
        return study.suspects().stream().map(column -> column + " tells " + study.target()
                + " nearly alone. Is it known at the moment of prediction? If not, fit again with --drop " + column + ".").toList();
    }

    /** Markdown in the order of the usual model card: what it is, from what, how good, what to beware of. */
    String card() {
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
                study.profile().taken().size(), study.profile().columns().size(), String.join(", ", study.model().columns()), leftOut(),
                study.testRows(), scores, lead(), beware());
    }

    private String leftOut() {
        return rejects.isEmpty() ? "" : " Left out because they do not fit the columns, see report.html for the lines of the first "
                + LISTED + ": " + rejects.size() + ".";
    }

    private String lead() {
        var lead = study.leadOver(TableStudy.BASELINE);
        var text = String.format(Locale.ROOT,
                "The %s of a baseline that looks at no column less its own: %.3g to %.3g (95%% interval over the folds%s).",
                study.scorers().getFirst().name(), lead.low(), lead.high(),
                study.searched() ? ", flattered by settings that were chosen on them" : "");
        return lead.low() > 0 ? text : text + " That could be luck.";
    }

    private String beware() {
        var suspects = suspects();
        var rule = "It describes rows like those it was trained on; check it on your own rows before relying on it.";
        return suspects.isEmpty() ? rule : suspects.stream().map(s -> "- " + s).collect(Collectors.joining("\n")) + "\n- " + rule;
    }
}
