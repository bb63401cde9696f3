package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.bayes.BayesianNetwork;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Series;
import lyceum.prob.ConditionalTable;
import lyceum.tensor.Tensor;

/** The grass is wet: tell the network what you know, and watch the causes compete. */
@Lab(topics = "bayesian-network", title = "Rain or the sprinkler?")
final class BayesianNetworkLab implements LabBody {
    private static final String[] STATES = {"unknown", "no", "yes"};

    @Override public void run(LabContext lab) {
        var known = new HashMap<String, Integer>();
        for (String name : List.of("cloudy", "sprinkler", "rain", "wet")) {
            String state = lab.choice(name, name.equals("wet") ? "yes" : "unknown", STATES);
            if (!state.equals("unknown")) known.put(name, state.equals("yes") ? 1 : 0);
        }
        double drought = lab.param("P(sprinkler | clear sky)", 0.5, 0.05, 0.95), storm = lab.param("P(rain | clouds)", 0.8, 0.05, 0.95);
        int days = lab.param("days simulated", 20_000, 1_000, 100_000);
        var net = BayesianNetwork.of(ConditionalTable.of(List.of(), List.of("cloudy"), Tensor.of(0.5, 0.5)),
                ConditionalTable.of(List.of("cloudy"), List.of("sprinkler"),
                        Tensor.of(new double[][] {{1 - drought, drought}, {0.9, 0.1}})),
                ConditionalTable.of(List.of("cloudy"), List.of("rain"), Tensor.of(new double[][] {{0.8, 0.2}, {1 - storm, storm}})),
                ConditionalTable.of(List.of("sprinkler", "rain"), List.of("wet"),
                        Tensor.of(new double[] {1, 0, 0.1, 0.9, 0.1, 0.9, 0.01, 0.99}, 2, 2, 2)));
        if (Double.isInfinite(net.logProbability(known))) {
            lab.say("With neither sprinkler nor rain the grass cannot be wet here. This evidence has probability 0; change one switch.");
            return;
        }
        var names = net.names();
        double[] before = new double[4], after = new double[4];
        var nodes = new ArrayList<Node>();
        for (int i = 0; i < 4; i++) {
            String name = names.get(i);
            before[i] = yes(net, name, Map.of());
            after[i] = known.containsKey(name) ? known.get(name) : yes(net, name, known);
            nodes.add(new Node(name, "%s|%.3f".formatted(name, after[i]), known.containsKey(name) ? "known" : "inferred"));
        }
        var edges = net.graph().edges().stream().map(e -> Edge.of(e.split(" -> ")[0], e.split(" -> ")[1])).toList();
        lab.figure(Figure.graph("The network, with P(yes) given what is known", nodes, edges)
                .describedAs("Four variables; each depends directly on those with an arrow into it. Known ones have their own colour."));
        lab.figure(Figure
                .bars("Before and after the evidence", names.toArray(String[]::new), Series.of("before", before), Series.of("after", after))
                .axes("variable", "P(yes)").limitY(0, 1).describedAs("What is known moves the beliefs about all that is connected to it."));

        double wet = yes(net, "sprinkler", Map.of("wet", 1)), explained = yes(net, "sprinkler", Map.of("wet", 1, "rain", 1));
        lab.figure(Figure
                .bar("Explaining away",
                        new String[] {"nothing known", "the grass is wet", "wet, and it rained", "wet, and it did not rain"},
                        new double[] {yes(net, "sprinkler", Map.of()), wet, explained, yes(net, "sprinkler", Map.of("wet", 1, "rain", 0))})
                .axes("what is known", "P(the sprinkler was on)").limitY(0, 1)
                .describedAs("Wet grass speaks for the sprinkler; rain takes that back, although the two causes do not touch each other."));

        int kept = 0, on = 0;
        for (int[] day : net.sample(lab.rng(1), days)) {
            if (day[3] != 1) continue;
            kept++;
            on += day[1];
        }
        var rows = new ArrayList<List<?>>();
        for (String[] pair : new String[][] {{"sprinkler", "rain"}, {"cloudy", "wet"}})
            for (String[] given : new String[][] {{}, {"cloudy"}, {"sprinkler", "rain"}, {"cloudy", "wet"}}) {
                if (List.of(given).contains(pair[0]) || List.of(given).contains(pair[1])) continue;
                rows.add(List.of(pair[0] + ", " + pair[1], String.join(", ", given), net.graph().separated(pair[0], pair[1], given),
                        net.joint().dependence(pair[0], pair[1], given)));
            }
        lab.table("What the graph says, and the numbers",
                List.of("pair", "given", "d-separated", "largest |p(a, b | c) - p(a | c) p(b | c)|"), rows);
        lab.say("Of %d wet days out of %d simulated the sprinkler was on in a share of %.3f; exactly %.3f.", kept, days, (double) on / kept,
                wet);
        lab.shows("simulation less exact, in standard errors", Math.abs((double) on / kept - wet) / Math.sqrt(wet * (1 - wet) / kept),
                below(4));
        lab.shows("dependence of sprinkler and rain given the sky", net.joint().dependence("sprinkler", "rain", "cloudy"), below(1e-12));
        lab.shows("rain makes the sprinkler less likely once the grass is wet", explained < wet);
    }

    private static double yes(BayesianNetwork net, String name, Map<String, Integer> known) {
        return net.query(List.of(name), known).probability(1);
    }
}
