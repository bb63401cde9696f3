package lyceum.labs.stats;

import static lyceum.labs.Bounds.equalTo;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import lyceum.bayes.Dag;
import lyceum.causal.Confounding;
import lyceum.causal.StratifiedTable;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Series;

/** The same counts whole and in parts, and the diagram that says which of the two to read. */
@Lab(topics = "simpsons-paradox", title = "Whole, or by parts?")
final class SimpsonLab implements LabBody {
    private static final double[][] BERKELEY = {{512, 313, 89, 19}, {353, 207, 17, 8}, {120, 205, 202, 391}, {138, 279, 131, 244},
            {53, 138, 94, 299}, {22, 351, 24, 317}};
    private static final double[][] STONES = {{81, 6, 234, 36}, {192, 71, 55, 25}};

    @Override public void run(LabContext lab) {
        String data = lab.choice("data", "Berkeley admissions", "Berkeley admissions", "kidney stones");
        double skew = lab.param("how unequally the parts are chosen", 1.0, 0.0, 1.5);
        boolean berkeley = data.startsWith("Berkeley");
        var names = berkeley ? List.of("A", "B", "C", "D", "E", "F") : List.of("small", "large");
        String first = berkeley ? "men" : "open surgery", second = berkeley ? "women" : "percutaneous",
                part = berkeley ? "department" : "stone";
        double[][] told = berkeley ? BERKELEY : STONES;
        var table = new StratifiedTable(names, skewed(told, skew));

        int parts = names.size();
        double[] a = new double[parts + 2], b = new double[parts + 2];
        var labels = new String[parts + 2];
        for (int s = 0; s < parts; s++) {
            double[] c = table.counts()[s];
            a[s] = c[0] / (c[0] + c[1]);
            b[s] = c[2] / (c[2] + c[3]);
            labels[s] = "%s (%.0f, %.0f)".formatted(names.get(s), c[0] + c[1], c[2] + c[3]);
        }
        double[] c = table.crude();
        a[parts] = c[0] / (c[0] + c[1]);
        b[parts] = c[2] / (c[2] + c[3]);
        a[parts + 1] = table.standardisedRate(true);
        b[parts + 1] = table.standardisedRate(false);
        labels[parts] = "all together";
        labels[parts + 1] = "standardised";
        lab.figure(Figure.bars(data + ", by " + part, labels, Series.of(first, a), Series.of(second, b))
                .axes(part, berkeley ? "share admitted" : "share of successes").limitY(0, 1).describedAs(
                        "Shares in each part (with the numbers of people), in all parts thrown together, and averaged over the parts with equal weights for both groups."));

        var graph = berkeley ? Dag.of("sex -> department -> admission <- sex") : Dag.of("stone -> treatment -> success <- stone");
        var question = berkeley ? new Confounding(graph, "sex", "admission") : new Confounding(graph, "treatment", "success");
        var nodes = graph.names().stream().map(n -> new Node(n, n, n.equals(part) ? "the parts" : "question")).toList();
        lab.figure(Figure
                .graph("What causes what", nodes, graph.edges().stream().map(e -> Edge.of(e.split(" -> ")[0], e.split(" -> ")[1])).toList())
                .describedAs(berkeley ? "Department lies on the way from sex to admission: it is no common cause."
                        : "The stone decides the operation and the success: a common cause."));
        lab.table("Paths", List.of("path", "kind"),
                question.paths().stream().map(p -> List.of(p.toString(), p.kind().toString().toLowerCase(Locale.ROOT))).toList());
        lab.say("Crude difference %+.3f, standardised %+.3f, pooled odds ratio %.3f. For the total effect of %s the diagram supports: %s. Adjustment sets: %s.",
                table.crudeDifference(), table.standardisedDifference(), table.mantelHaenszelOddsRatio(), question.treatment(),
                question.answer(Set.of(part)), question.adjustmentSets());

        double[] skews = new double[31], crude = new double[31], standardised = new double[31];
        for (int k = 0; k <= 30; k++) {
            var at = new StratifiedTable(names, skewed(told, skews[k] = 0.05 * k));
            crude[k] = at.crudeDifference();
            standardised[k] = at.standardisedDifference();
        }
        lab.figure(Figure.plot("Same shares in every part, other numbers of people").line("crude difference", skews, crude)
                .line("standardised difference", skews, standardised).dashed().horizontalLine(0, "none")
                .axes("how unequally the parts are chosen (1 is the data, 0 equally)", first + " less " + second)
                .describedAs("Nothing changes within a part. Only who went where moves the crude difference, and through zero."));
        var real = new StratifiedTable(names, told);
        lab.shows("pooled odds ratio", real.mantelHaenszelOddsRatio(), equalTo(berkeley ? 0.9047 : 1.4469, 1e-4));
        lab.shows("the standardised difference has the other sign", real.standardisationReverses());
    }

    /** Each group's shares of the parts moved from those of both groups (0) past its own (1); successes within each part keep their share. */
    private static double[][] skewed(double[][] told, double skew) {
        double treated = 0, untreated = 0;
        for (double[] c : told) {
            treated += c[0] + c[1];
            untreated += c[2] + c[3];
        }
        var moved = new double[told.length][4];
        for (int s = 0; s < told.length; s++) {
            double[] c = told[s];
            double both = (c[0] + c[1] + c[2] + c[3]) / (treated + untreated);
            double t = treated * Math.max(0.001, both + skew * ((c[0] + c[1]) / treated - both));
            double u = untreated * Math.max(0.001, both + skew * ((c[2] + c[3]) / untreated - both));
            moved[s] = new double[] {t * c[0] / (c[0] + c[1]), t * c[1] / (c[0] + c[1]), u * c[2] / (c[2] + c[3]),
                    u * c[3] / (c[2] + c[3])};
        }
        return moved;
    }
}
