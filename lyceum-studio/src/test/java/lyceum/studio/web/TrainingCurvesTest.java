package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.labs.run.LabEvent;
import lyceum.plot.Layer;
import lyceum.plot.Panels;
import lyceum.plot.Plot;
import org.junit.jupiter.api.Test;

class TrainingCurvesTest {
    private final TrainingCurves curves = new TrainingCurves();

    private void hear(long step, Map<String, Double> metrics) { hear(step, 10_000, metrics); }

    private void hear(long step, long total, Map<String, Double> metrics) {
        curves.hear(new LabEvent.Progress("training", step, total, -1, metrics));
    }

    private Plot panel(int index) { return (Plot) ((Panels) curves.figure()).figures().get(index); }

    private double[][] line(int panel, int index) {
        var line = (Layer.Line) panel(panel).layers().get(index);
        return new double[][] {line.x().toArray(), line.y().toArray()};
    }

    @Test void eachMeasureHasItsPanelAndTheHeldOutScoreStandsWithTheLoss() {
        var metrics = new LinkedHashMap<>(Map.of("loss", 2.0, "learning rate", 0.1, "gradient norm", 3.0, "rows/s", 500.0, "epoch", 1.0));
        hear(1, metrics);
        metrics.putAll(Map.of("loss", 1.0, "validation", 1.5));
        hear(2, metrics);
        var panels = (Panels) curves.figure();
        assertThat(panels.figures()).extracting(f -> ((Plot) f).y().label()).containsExactly("loss", "learning rate", "gradient norm",
                "rows a second");
        assertThat(panels.description()).isEqualTo("Loss, learning rate, gradient norm, rows a second by step.");
        assertThat(panel(0).layers()).extracting(l -> ((Layer.Line) l).name()).containsExactly("training", "held out");
        assertThat(line(0, 0)).isDeepEqualTo(new double[][] {{1, 2}, {2, 1}});
        assertThat(line(0, 1)[1]).containsExactly(Double.NaN, 1.5);
        assertThat(line(2, 0)[1]).containsExactly(3, 3);
    }

    @Test void whatReportsNoLossIsNoTraining() {
        hear(1, Map.of("accuracy", 0.5));
        assertThat(curves.isEmpty()).isTrue();
        hear(2, Map.of("loss", 0.5));
        assertThat(((Panels) curves.figure()).figures()).hasSize(1);
    }

    @Test void aLongerTrainingWhoseBeginningWasNotToldIsAnother() {
        hear(100, 100, Map.of("loss", 1.0));
        hear(150, 200, Map.of("loss", 2.0));
        assertThat(panel(0).layers()).hasSize(2);
        assertThat(line(0, 1)).isDeepEqualTo(new double[][] {{150}, {2}});
    }

    @Test void aLongTrainingKeepsItsFirstAndLastPointsAndAllOfItsLength() {
        for (int step = 1; step <= 10_000; step++) hear(step, Map.of("loss", 1.0 / step));
        var line = line(0, 0);
        assertThat(line[0].length).isBetween(TrainingCurves.POINTS / 2, TrainingCurves.POINTS);
        assertThat(line[0][0]).isEqualTo(1);
        assertThat(line[0][line[0].length - 1]).isEqualTo(10_000);
        assertThat(line[0]).isSorted();
        for (int i = 0; i < line[0].length; i++) assertThat(line[1][i]).isEqualTo(1 / line[0][i]);
    }

    @Test void ofManyTrainingsTheLastAreSeenByTheirNumbers() {
        for (int training = 0; training < 7; training++) for (int step = 1; step < 3; step++) hear(step, Map.of("loss", (double) training));
        assertThat(panel(0).layers()).extracting(l -> ((Layer.Line) l).name()).containsExactly("training 4", "training 5", "training 6",
                "training 7");
        assertThat(curves.figure().description()).isEqualTo("Loss by step of the last 4 of 7 trainings.");
        assertThat(line(0, 3)[1]).containsExactly(6, 6);
    }
}
