package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.List;
import java.util.Map;
import lyceum.causal.ProbabilitiesOfCausation;
import lyceum.causal.StructuralCausalModel;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;

/** One patient: what happened, what another dose would have done to her and to anybody, and what the averages leave open. */
@Lab(topics = "counterfactuals", title = "What if, for this one?")
final class CounterfactualLab implements LabBody {
    @Override public void run(LabContext lab) {
        double dose = lab.param("dose she took", 1.0, 0.0, 4.0),
                pressure = lab.param("her blood pressure after it (mmHg)", 152.0, 100.0, 180.0);
        double slope = lab.param("effect of a unit of dose (mmHg)", -8.0, -15.0, 5.0),
                noise = lab.param("spread between patients (mmHg)", 12.0, 2.0, 25.0);
        double saved = lab.param("share saved by the drug", 0.3, 0.0, 0.5), harmed = lab.param("share harmed by it", 0.1, 0.0, 0.5);

        // Frailty drives both the dose and the pressure; nobody measured it.
        var model = StructuralCausalModel.builder().linear("frailty", 0, new double[0], 1)
                .linear("dose", 2, new double[] {0.7}, 0.5, "frailty")
                .linear("pressure", 150, new double[] {slope, 10}, noise * noise, "dose", "frailty").build();
        var seen = Map.of("dose", dose, "pressure", pressure);
        int n = 41;
        double[] doses = new double[n], hers = new double[n], anybody = new double[n], like = new double[n];
        for (int i = 0; i < n; i++) {
            doses[i] = 0.1 * i;
            hers[i] = model.counterfactual(seen, Map.of("dose", doses[i])).mean("pressure");
            anybody[i] = model.counterfactual(Map.of(), Map.of("dose", doses[i])).mean("pressure");
            like[i] = model.counterfactual(Map.of("dose", doses[i]), Map.of()).mean("pressure");
        }
        lab.figure(Figure.plot("One patient and her other doses").line("she, at another dose", doses, hers)
                .line("anybody given that dose", doses, anybody).dashed().line("those who take that dose", doses, like).dashed()
                .points("what happened", new double[] {dose}, new double[] {pressure}).axes("dose (units)", "blood pressure (mmHg)")
                .describedAs(
                        "Her own line passes through what happened. An intervention on anybody has the same slope elsewhere; mere observation has another."));
        var other = model.counterfactual(seen, Map.of("dose", dose + 1));
        lab.say("She took %.1f and had %.0f mmHg. With one unit more she would have had %.1f. Her frailty is put at %.2f, with variance %.2f of 1.",
                dose, pressure, other.mean("pressure"), model.counterfactual(seen, Map.of()).mean("frailty"),
                model.counterfactual(seen, Map.of()).variance("frailty"));
        lab.shows("her own dose brings her own pressure back, gap in mmHg",
                Math.abs(model.counterfactual(seen, Map.of("dose", dose)).mean("pressure") - pressure), below(1e-9));

        // A binary drug: 0 never recovers, 1 only with it, 2 only without, 3 always; the rest is shared between never and always.
        double rest = Math.max(0, 1 - saved - harmed) / 2;
        var drug = StructuralCausalModel.builder().discrete("treated", 2, new double[] {0.5, 0.5}, (p, u) -> u).discrete("recovers", 2,
                new double[] {rest, saved, harmed, rest}, (p, u) -> u == 3 || u == (p[0] == 1 ? 1 : 2) ? 1 : 0, "treated").build();
        double with = saved + rest, without = harmed + rest;
        var observed = new double[][] {{(1 - without) / 2, without / 2}, {(1 - with) / 2, with / 2}};
        var truth = ProbabilitiesOfCausation.of(drug, "treated", "recovers");
        var bounds = ProbabilitiesOfCausation.bounds(observed, with, without);
        // If it harms more than it saves, the data refute that it harms nobody.
        boolean plausible = with >= without;
        var harmless = plausible ? ProbabilitiesOfCausation.monotone(observed, with, without)
                : new ProbabilitiesOfCausation(Double.NaN, Double.NaN, Double.NaN);
        double[] low = {bounds.necessity().low(), bounds.sufficiency().low(), bounds.both().low()};
        double[] high = {bounds.necessity().high(), bounds.sufficiency().high(), bounds.both().high()};
        double[] true3 = {truth.necessity(), truth.sufficiency(), truth.both()}, at = {1, 2, 3};
        var plot = Figure.plot("What trial and records allow").errorBars("bounds", at, low, high).points("the truth", at, true3);
        if (plausible) plot.points("if it harms nobody", at, new double[] {harmless.necessity(), harmless.sufficiency(), harmless.both()});
        lab.figure(plot.axes("1 necessary, 2 sufficient, 3 both", "probability").limitX(0.5, 3.5).describedAs(
                "Data fix the bars only. The assumption that nobody is harmed picks their lower ends; the truth lies somewhere on them."));
        lab.table("Probabilities of causation", List.of("", "from", "to", "in truth", "if it harms nobody"),
                List.of(List.of("necessary", low[0], high[0], true3[0], harmless.necessity()),
                        List.of("sufficient", low[1], high[1], true3[1], harmless.sufficiency()),
                        List.of("both", low[2], high[2], true3[2], harmless.both())));
        double outside = 0;
        for (int k = 0; k < 3; k++) outside = Math.max(outside, Math.max(low[k] - true3[k], true3[k] - high[k]));
        lab.shows("the truth outside its bounds by", Math.max(0, outside), atMost(1e-12));

        var twins = drug.twinNetwork(Map.of("treated", 0.0));
        var graph = twins.graph();
        lab.figure(Figure
                .graph("The twin network", graph.names().stream()
                        .map(v -> new Node(v, v, v.startsWith("u.") ? "noise" : v.endsWith("*") ? "other world" : "this world")).toList(),
                        graph.edges().stream().map(e -> Edge.of(e.split(" -> ")[0], e.split(" -> ")[1])).toList())
                .describedAs("Both worlds around the same noises; in the other one the treatment has lost its cause."));
        double three = drug.counterfactual(Map.of("treated", 1.0, "recovers", 0.0), Map.of("treated", 0.0)).probability("recovers", 1);
        double twin = twins.discrete().query(List.of("recovers*"), Map.of("treated", 1, "recovers", 0)).probability(1);
        lab.say("Treated and died: she would have lived without it with probability %.3f; among those who recovered, the drug was needed by %.3f.",
                three, truth.necessity());
        lab.shows("twin network less three steps", Math.abs(twin - three), below(1e-12));
    }
}
