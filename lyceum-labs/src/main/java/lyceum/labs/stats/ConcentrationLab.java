package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Binomial;
import lyceum.theory.Concentration;

/** How likely is a mean far off? The exact answer for coins, under the bounds of those who know less. */
@Lab(topics = "concentration", title = "A tail and its bounds")
final class ConcentrationLab implements LabBody {
    @Override public void run(LabContext lab) {
        double p = lab.param("p", 0.05, 0.01, 0.6), delta = lab.param("delta", 0.05, 0.001, 0.3);
        int n = lab.param("n", 200, 10, 2_000), runs = lab.param("runs", 200, 20, 1_000);

        double variance = p * (1 - p), far = 6 * Math.sqrt(variance / n);
        var bounds = new LinkedHashMap<String, Concentration>();
        bounds.put("Chernoff", Concentration.chernoff(p));
        bounds.put("Bernstein", Concentration.bernstein(variance, 1));
        bounds.put("Hoeffding", Concentration.hoeffding(1));
        bounds.put("Chebyshev", Concentration.chebyshev(variance));
        bounds.put("Markov", Concentration.markov(p));

        var coin = new Binomial(n, p);
        int first = (int) Math.floor(n * p) + 1, last = (int) Math.min(n, Math.max(first + 3, Math.ceil(n * (p + far))));
        var t = new double[last - first + 1];
        var exact = new double[t.length];
        double worst = 0;
        for (int i = 0; i < t.length; i++) {
            t[i] = (first + i) / (double) n - p;
            exact[i] = coin.survival(first + i - 1);
            for (var bound : bounds.values()) worst = Math.max(worst, exact[i] / bound.tail(n, t[i]));
        }
        var plot = Figure.plot("P(mean of " + n + " coins is at least p + t)").line("exact", t, exact);
        for (var bound : bounds.entrySet()) {
            var y = new double[t.length];
            for (int i = 0; i < t.length; i++) y[i] = bound.getValue().tail(n, t[i]);
            plot = plot.line(bound.getKey(), t, y).dashed();
        }
        lab.figure(plot.axes("t", "probability").logY().describedAs(
                "The bounds lie above the exact tail; who knows the whole law is nearest, who knows the range alone far off where coins are rare."));
        lab.shows("largest exact tail over a bound", worst, atMost(1 + 1e-10));

        var rows = new ArrayList<List<?>>();
        bounds.forEach((name, bound) -> rows
                .add(List.of(name, bound.radius(n, delta), name.equals("Markov") ? "never" : Long.toString(bound.samples(0.05, delta)))));
        lab.table("What each promises with probability " + (1 - delta), List.of("inequality", "radius at n", "n for 0.05"), rows);

        // A dashboard that looks after every toss.
        int horizon = 2_000, outsideFixed = 0, outside = 0;
        var time = new double[horizon];
        var path = new double[horizon];
        var fixed = new double[horizon];
        var sequence = new double[horizon];
        for (int i = 0; i < horizon; i++) {
            time[i] = i + 1;
            fixed[i] = Concentration.hoeffding(1).radius(i + 1, delta / 2);
            sequence[i] = Concentration.sequenceRadius(1, i + 1, delta);
        }
        var rng = lab.rng(1);
        for (int run = 0; run < runs; run++) {
            double sum = 0;
            boolean left = false, leftFixed = false;
            for (int i = 0; i < horizon; i++) {
                sum += rng.nextDouble() < 0.5 ? 1 : 0;
                double gap = sum / (i + 1) - 0.5;
                left |= Math.abs(gap) > sequence[i];
                leftFixed |= Math.abs(gap) > fixed[i];
                if (run == 0) path[i] = gap;
            }
            if (left) outside++;
            if (leftFixed) outsideFixed++;
        }
        lab.figure(
                Figure.plot("Watched after every toss").line("mean of one run, less 1/2", time, path).line("radius for one n", time, fixed)
                        .dashed().line("confidence sequence", time, sequence).axes("tosses", "distance from 1/2").logX().limitY(-0.6, 1.2)
                        .describedAs("The sequence is wider at every time, and is the one that may be looked at all the time."));
        lab.say("Of %d fair runs, %d left the radius for one n at some time, and %d the confidence sequence.", runs, outsideFixed, outside);
        lab.shows("share of runs outside the confidence sequence at some time", outside / (double) runs, below(delta + 0.05));
    }
}
