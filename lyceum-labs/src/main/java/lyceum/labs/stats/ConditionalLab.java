package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.ConditionalTable;
import lyceum.prob.Event;
import lyceum.prob.JointTable;
import lyceum.tensor.Tensor;

/** A population as an area: cut away what did not happen, and stretch the rest. */
@Lab(topics = "conditional-probability", title = "Cut away and rescale")
final class ConditionalLab implements LabBody {
    private static final String[] GROUPS = {"well, negative", "well, positive", "ill, negative", "ill, positive"};
    private static final int CELLS = 200;

    @Override public void run(LabContext lab) {
        double prevalence = lab.param("prevalence", 0.01, 0.005, 0.5), sensitivity = lab.param("sensitivity", 0.9, 0.5, 1.0);
        double falseAlarms = lab.param("false alarms", 0.09, 0.0, 0.5);
        int people = lab.param("people simulated", 100_000, 1_000, 300_000);
        String known = lab.choice("known", "positive", "positive", "negative", "ill", "well");
        var joint = JointTable.of(List.of("ill"), Tensor.of(1 - prevalence, prevalence)).times(ConditionalTable.of(List.of("ill"),
                List.of("positive"), Tensor.of(new double[][] {{1 - falseAlarms, falseAlarms}, {1 - sensitivity, sensitivity}})));
        var event = switch (known) {
            case "positive" -> Event.is("positive", 1);
            case "negative" -> Event.is("positive", 0);
            case "ill" -> Event.is("ill", 1);
            default -> Event.is("ill", 0);
        };
        var after = joint.given(event);
        lab.figure(Figure.row("From everybody to those who are " + known, area("Everybody", joint), area("Given: " + known, after))
                .describedAs(
                        "Each group's area is its probability; on the right those outside the known event are gone, and the rest fills the square."));

        String[] names = {"P(ill)", "P(ill | positive)", "P(ill | negative)", "P(positive | ill)"};
        double[] values = {joint.probability(Event.is("ill", 1)), posterior(joint, 1), posterior(joint, 0), sensitivity};
        lab.figure(Figure.bar("Which way round?", names, values).axes("question", "probability").limitY(0, 1)
                .describedAs("The probability of being ill when positive is far from that of being positive when ill."));

        // The same by throwing people away.
        int kept = 0, ill = 0;
        for (int[] person : joint.sample(lab.rng(1), people)) {
            if (person[1] != 1) continue;
            kept++;
            ill += person[0];
        }
        double error = Math.sqrt(values[1] * (1 - values[1]) / Math.max(1, kept));
        lab.say("Of %d people %d are positive and %d of these ill: %.4f, where the table says %.4f.", people, kept, ill,
                (double) ill / Math.max(1, kept), values[1]);
        if (error > 0) lab.shows("simulation less table, in standard errors", Math.abs((double) ill / kept - values[1]) / error, below(4));

        var doors = JointTable.ofCounts(List.of("car"), Tensor.of(1, 1, 1)).times(
                ConditionalTable.of(List.of("car"), List.of("opened"), Tensor.of(new double[][] {{0, 0.5, 0.5}, {0, 0, 1}, {0, 1, 0}})));
        lab.table("Three doors: you chose 1, the host opened 3", List.of("car behind", "probability"),
                List.of(List.of("1, stay", doors.given(Event.is("opened", 2)).probability(Event.is("car", 0))),
                        List.of("2, switch", doors.given(Event.is("opened", 2)).probability(Event.is("car", 1)))));
        lab.shows("switching wins", doors.given(Event.is("opened", 2)).probability(Event.is("car", 1)), equalTo(2.0 / 3, 0));
    }

    private static double posterior(JointTable joint, int positive) {
        return joint.probability(Event.is("positive", positive)) == 0 ? 0
                : joint.given(Event.is("positive", positive)).probability(Event.is("ill", 1));
    }

    /** Width by illness, height by the test within it. */
    private static Plot area(String title, JointTable joint) {
        double ill = joint.probability(Event.is("ill", 1));
        var centres = new double[CELLS];
        var groups = new int[CELLS][CELLS];
        var positive = joint.conditional(List.of("positive"), List.of("ill"));
        for (int i = 0; i < CELLS; i++) centres[i] = (i + 0.5) / CELLS;
        for (int y = 0; y < CELLS; y++) for (int x = 0; x < CELLS; x++) {
            int row = centres[x] < ill ? 1 : 0;
            groups[y][x] = 2 * row + (positive.isDefined(row) && centres[y] < positive.row(row)[1] ? 1 : 0);
        }
        return Figure.regions(title, centres, centres, groups, GROUPS).axes("share of people, the ill first", "share that is positive");
    }
}
