package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Exponential;
import lyceum.prob.MarkovQueue;
import lyceum.prob.PoissonProcess;

/** A raster of events, their counts and their waits; a queue that fills as the load goes to one; devices that have not failed yet. */
@Lab(topics = "poisson-exponential", title = "Events, counts and waits")
final class PoissonProcessLab implements LabBody {
    private static final int ROWS = 12;

    @Override public void run(LabContext lab) {
        double rate = lab.param("events an hour", 4.0, 0.5, 20.0), swing = lab.param("swing over the day", 0.0, 0.0, 1.0);
        int hours = lab.param("hours", 2_000, 100, 10_000);
        double load = lab.param("load of the desk", 0.8, 0.1, 0.95), watch = lab.param("years watched", 1.0, 0.2, 10.0);

        var process = swing == 0 ? new PoissonProcess(rate)
                : new PoissonProcess(t -> rate * (1 + swing * Math.sin(2 * Math.PI * t / 24)), rate * (1 + swing));
        double[] times = process.sample(lab.rng(1), hours);
        int shown = (int) Arrays.stream(times).filter(t -> t < 24 * ROWS).count();
        double[] clock = new double[shown], day = new double[shown];
        for (int i = 0; i < shown; i++) {
            clock[i] = times[i] % 24;
            day[i] = 1 + Math.floor(times[i] / 24);
        }
        lab.figure(Figure.scatter("Twelve days of events", clock, day).axes("hour of the day", "day")
                .describedAs("Every dot is an event: clusters and gaps come by chance, at a constant rate too."));

        int most = (int) (rate * (1 + swing) + 5 * Math.sqrt(rate * (1 + swing))) + 2;
        double[] seen = new double[most + 1], due = new double[most + 1], counts = new double[hours];
        for (double t : times) counts[(int) t]++;
        for (double c : counts) seen[(int) Math.min(most, c)] += 1.0 / hours;
        var law = new PoissonProcess(rate).count(0, 1);
        for (int k = 0; k <= most; k++) due[k] = law.density(k);
        var gaps = new double[times.length - 1];
        for (int i = 0; i < gaps.length; i++) gaps[i] = 60 * (times[i + 1] - times[i]);
        var wait = new Exponential(rate / 60);
        double[] edges = new double[31], share = new double[30], middle = new double[30], expected = new double[30];
        for (int b = 0; b <= 30; b++) edges[b] = b * 5 * 60 / rate / 30;
        for (int b = 0; b < 30; b++) {
            int bin = b;
            share[b] = Arrays.stream(gaps).filter(g -> g >= edges[bin] && g < edges[bin + 1]).count() / (double) gaps.length;
            expected[b] = wait.cdf(edges[b + 1]) - wait.cdf(edges[b]);
            middle[b] = (edges[b] + edges[b + 1]) / 2;
        }
        lab.figure(Figure
                .row("Counts and waits",
                        Figure.plot("events in an hour").line("seen", 0, seen).line("Poisson", 0, due).dashed()
                                .axes("events", "share of hours").describedAs("Counts by the hour, and the Poisson law of the mean rate."),
                        Figure.plot("minutes to the next event").line("seen", middle, share).line("exponential", middle, expected).dashed()
                                .axes("wait in minutes", "share of waits").describedAs("Waits between events, and the exponential law."))
                .describedAs("With a constant rate both lie on their laws; a rate that swings over the day spreads the counts."));
        double mean = Arrays.stream(counts).average().orElseThrow();
        double variance = Arrays.stream(counts).map(c -> (c - mean) * (c - mean)).sum() / (hours - 1);
        lab.say("Counts have mean %.3f and variance %.3f; a Poisson variable has both alike.", mean, variance);

        var rows = new ArrayList<List<?>>();
        for (double rho : new double[] {0.3, 0.6, load}) {
            var queue = new MarkovQueue(rho, 1, 1);
            rows.add(List.of(rho, queue.meanNumber(), queue.simulate(lab.rng(2), 200_000).meanNumber(),
                    new MarkovQueue(2 * rho, 1, 2).meanWait(), queue.meanWait()));
        }
        lab.table("One desk, and two desks for twice the customers",
                List.of("load", "present: rho/(1-rho)", "present: simulated", "wait with two desks", "wait with one"), rows);

        var rng = lab.rng(3);
        int devices = 1_000, failed = 0;
        double lives = 0;
        double[] until = new double[devices];
        var observed = new boolean[devices];
        for (int i = 0; i < devices; i++) {
            double life = new Exponential(0.1).sample(rng);
            until[i] = Math.min(life, watch);
            observed[i] = life <= watch;
            if (observed[i]) {
                failed++;
                lives += life;
            }
        }
        double fitted = Exponential.fit(until, observed).rate();
        lab.say("%d of 1,000 devices failed in %.1f years. By failures over time watched they live %.2f years, by those that failed %.2f.",
                failed, watch, 1 / fitted, lives / failed);
        lab.shows("fitted failure rate less 0.1, in standard errors", Math.abs(fitted - 0.1) / (0.1 / Math.sqrt(failed)), atMost(4));
        lab.shows("P(wait > 3 | wait > 1) less P(wait > 2)", Math.abs(wait.survival(3) / wait.survival(1) - wait.survival(2)),
                below(1e-12));
    }
}
