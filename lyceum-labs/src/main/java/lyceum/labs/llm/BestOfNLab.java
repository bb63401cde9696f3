package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.generate.BestOfN;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.StopCriteria;
import lyceum.plot.Figure;
import lyceum.prob.Normal;

/** The best of N by a judge that errs: its own score only rises, the true one rises, peaks and falls when the errors have heavy tails. */
@Lab(topics = "best-of-n", title = "The judge's favourite")
final class BestOfNLab implements LabBody {
    @Override public void run(LabContext lab) {
        int pools = lab.param("pools", 60, 10, 500), most = lab.param("largest N", 512, 16, 2048);
        double error = lab.param("size of the judge's errors", 0.1, 0.0, 2.0);
        var tails = lab.choice("tails of the errors", "heavy (Cauchy)", "heavy (Cauchy)", "light (normal)");
        var rng = lab.rng(1);
        double[] proxy = new double[most], gold = new double[most], exact = new double[most], law = new double[most],
                distance = new double[most];
        for (int i : lab.progress("pools", pools)) {
            double[] truth = new double[most], judged = new double[most];
            for (int j = 0; j < most; j++) {
                truth[j] = rng.nextGaussian();
                double e = tails.startsWith("light") ? rng.nextGaussian() : Math.tan(Math.PI * (rng.nextDouble() - 0.5));
                judged[j] = truth[j] + error * e;
            }
            double[] p = BestOfN.curve(judged), g = BestOfN.curve(judged, truth), t = BestOfN.curve(truth);
            for (int n = 0; n < most; n++) {
                proxy[n] += Math.min(p[n], 10) / pools;
                gold[n] += g[n] / pools;
                exact[n] += t[n] / pools;
            }
        }
        for (int n = 1; n <= most; n++) {
            law[n - 1] = BestOfN.expectedMaximum(Normal.STANDARD, n);
            distance[n - 1] = Math.sqrt(BestOfN.divergence(n));
        }
        double[] ns = IntStream.rangeClosed(1, most).asDoubleStream().toArray();
        lab.figure(Figure.line("What the best of N is worth", ns, gold).named("true score").line("the judge's score, cut at 10", ns, proxy)
                .line("true score, judged without error", ns, exact).logX().axes("N", "expected score (standard deviations)").describedAs(
                        "Against log N the judge's score and that of a judge without error rise; the true score of an erring judge's favourite peaks and falls."));
        var fit = BestOfN.fit(gold);
        lab.figure(Figure.line("True score against the distance from the base", distance, gold).named("measured")
                .line("d (alpha - beta d)", 0, distance[most - 1], d -> gold[0] + fit.at(d))
                .axes("square root of the KL divergence (square root of nats)", "expected true score")
                .describedAs("The true score over the square root of the divergence, with Gao's parabola."));
        int peak = 0;
        for (int n = 1; n < most; n++) if (gold[n] > gold[peak]) peak = n;

        // the same on text: the likeliest of several drawn texts
        var bible = BibleWords.of(2000);
        var generator = new CausalGenerator(bible.model()).withStop(new StopCriteria(12));
        var best = new BestOfN(16, CausalGenerator.likelihood(1)).best(generator, bible.prompt("and god said"), lab.rng(2));
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < 6; i++) rows.add(List.of(bible.text(best.all().get(i).ids()), best.scores()[i]));
        lab.table("Six of sixteen texts, scored by their own likelihood", List.of("text", "log-probability a word (nats)"), rows);
        lab.say("The best of all sixteen: %s (%.2f nats a word). The true score peaks at N = %d.", bible.text(best.continuation().ids()),
                best.score(), peak + 1);
        double worst = 0;
        for (int n = 0; n < most; n++) worst = Math.max(worst, Math.abs(exact[n] - law[n]));
        lab.shows("expected maximum of N draws less the integral", worst, atMost(0.3));
        lab.shows("N of the peak", peak + 1, between(2, most - 1));
        lab.shows("true score at the peak less at the largest N", gold[peak] - gold[most - 1], above(0));
    }
}
