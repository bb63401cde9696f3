package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.LogOdds;

/** Clues that add up on one scale and bend on the other. */
@Lab(topics = "logit", title = "The evidence scale")
final class LogitLab implements LabBody {
    @Override public void run(LabContext lab) {
        double prior = lab.param("prior probability", 0.01, 1e-6, 0.999),
                ratio = lab.param("likelihood ratio of a clue for", 6.0, 1.0, 100.0);
        double against = lab.param("likelihood ratio of a clue against", 3.0, 1.0, 100.0);
        String clues = lab.choice("clues", "++-+++", "++++++", "++-+++", "+-+-+-", "------");

        int n = clues.length();
        double[] logits = new double[n + 1], probabilities = new double[n + 1], steps = new double[n + 1];
        logits[0] = LogOdds.logit(prior);
        double odds = LogOdds.odds(prior);
        var rows = new ArrayList<List<?>>();
        rows.add(List.of("prior", 0.0, logits[0], prior));
        for (int i = 1; i <= n; i++) {
            boolean support = clues.charAt(i - 1) == '+';
            // A clue as its two likelihoods: r times as probable under the one as under the other.
            double evidence = support ? LogOdds.evidence(0.5, 0.5 / ratio) : LogOdds.evidence(0.5 / against, 0.5);
            logits[i] = LogOdds.add(logits[i - 1], evidence);
            odds *= support ? ratio : 1 / against;
            rows.add(List.of(support ? "for" : "against", evidence, logits[i], LogOdds.probability(logits[i])));
        }
        for (int i = 0; i <= n; i++) {
            probabilities[i] = LogOdds.probability(logits[i]);
            steps[i] = i;
        }
        double[] from = Arrays.copyOf(logits, n), to = Arrays.copyOfRange(logits, 1, n + 1), at = Arrays.copyOfRange(steps, 1, n + 1);
        lab.figure(Figure.plot("On the logit scale clues add").arrows("clue", at, from, at, to).points("belief", steps, logits)
                .horizontalLine(0, "as likely as not").axes("clue", "log-odds (nats)")
                .describedAs("Equal clues are equal steps, wherever the belief stands."));
        lab.figure(Figure.plot("The same beliefs as probabilities").line("belief", steps, probabilities)
                .points("belief ", steps, probabilities).axes("clue", "probability").limitY(0, 1)
                .describedAs("The same steps look small near 0 and 1 and large in the middle."));
        lab.figure(Figure.plot("Where the belief moved along the sigmoid").line("sigmoid", -8, 8, LogOdds::probability)
                .points("beliefs", logits, probabilities).axes("log-odds (nats)", "probability")
                .describedAs("Even steps along the axis below, uneven ones up the curve."));
        lab.table("Clue by clue", List.of("clue", "adds", "log-odds", "probability"), rows);
        lab.say("After %d clues: odds %.4g to 1, probability %.6f.", n, odds, probabilities[n]);
        lab.shows("log of the multiplied odds less the added log-odds", Math.abs(Math.log(odds) - logits[n]), below(1e-10));

        double[] z = {2, 0.5, -1}, p = LogOdds.probabilities(z), moved = LogOdds.probabilities(z[0] + 7, z[1] + 7, z[2] + 7);
        double gap = 0;
        for (int i = 0; i < 3; i++) gap = Math.max(gap, Math.abs(p[i] - moved[i]));
        lab.table("Three classes, and all logits 7 higher", List.of("class", "logit", "probability", "probability after"),
                List.of(List.of("a", z[0], p[0], moved[0]), List.of("b", z[1], p[1], moved[1]), List.of("c", z[2], p[2], moved[2])));
        lab.shows("probabilities that a constant changes", gap, below(1e-10));
    }
}
