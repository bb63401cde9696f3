package lyceum.models.multimodal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.data.scenes.Scene.Colour;
import lyceum.data.scenes.Scene.Item;
import lyceum.data.scenes.Scene.Shape;
import lyceum.models.multimodal.TextToImageAlignment.Fault;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TextToImageAlignmentTest {
    private static final CaptionedScenes WORLD = new CaptionedScenes(24, 5, 5, 2, 2, 1);

    @Acceptance(topic = "t2i-alignment", clause = 1)
    @Test void theScorerIsRightOnScenesAndRejectsSwaps() {
        var rng = Rng.of(1);
        int right = 0, rejected = 0, named = 0;
        for (int i = 0; i < 1000; i++) {
            var scene = WORLD.draw(1 + rng.nextInt(4), rng);
            if (TextToImageAlignment.faults(WORLD, WORLD.picture(scene, rng), scene).isEmpty()) right++;
            var items = new ArrayList<>(scene.items());
            var one = items.removeFirst();
            int kind = items.size() == 3 ? i % 2 : i % 3;
            Fault expected = Fault.COLOUR;
            if (kind == 0) {
                items.add(new Item(Colour.values()[(one.colour().ordinal() + 1 + rng.nextInt(4)) % 5], one.shape(), one.row(), one.column()));
            } else if (kind == 1) {
                var shape = Shape.values()[(one.shape().ordinal() + 1 + rng.nextInt(4)) % 5];
                items.add(new Item(one.colour(), shape, one.row(), one.column()));
                boolean round = (shape == Shape.CIRCLE || shape == Shape.RING) && (one.shape() == Shape.CIRCLE || one.shape() == Shape.RING);
                expected = round ? Fault.STYLE : Fault.SHAPE;
            } else {
                int cell = one.row() * 2 + one.column();
                do cell = (cell + 1) % 4; while (taken(scene, cell));
                items.add(new Item(one.colour(), one.shape(), cell / 2, cell % 2));
                expected = Fault.LAYOUT;
            }
            var faults = TextToImageAlignment.faults(WORLD, WORLD.picture(new Scene(items), rng), scene);
            if (!faults.isEmpty()) rejected++;
            if (faults.size() == 1 && faults.contains(expected)) named++;
        }
        Evidence.of("true scenes accepted", right, exactly(1000));
        Evidence.of("swapped ones rejected", rejected, exactly(1000));
        Evidence.of("with the right fault alone", named, exactly(1000));
    }

    private static boolean taken(Scene scene, int cell) { return scene.items().stream().anyMatch(i -> i.row() * 2 + i.column() == cell); }

    private static TextToImageAlignment.Report report(TextToImage model, List<Scene> asked) {
        var world = TextToImageTest.SCENES;
        var pictures = model.draw(asked.stream().map(world::caption).toList(), NoiseStreams.of(Rng.of(5), asked.size()), Progress.SILENT);
        var report = TextToImageAlignment.measure(world, pictures, asked);
        return report;
    }

    @Tag("heavy")
    @Acceptance(topic = "t2i-alignment", clause = 2)
    @Acceptance(topic = "t2i-alignment", clause = 3)
    @Test void guidanceTradesDiversityAndTheBestOfEightIsBetter() {
        var guided = TextToImageTest.diffusion();
        var asked = new ArrayList<Scene>();
        for (int i = 0; i < 20; i++) asked.addAll(TextToImageTest.SCENES.singles());
        var zero = report(guided.by(0), asked);
        var one = report(guided.by(1), asked);
        var three = report(guided.by(3), asked);
        Evidence.of("adherence at guidance 1 over that at 0", one.adherence() - zero.adherence(), above(0));
        Evidence.of("adherence at guidance 3 over that at 1", three.adherence() - one.adherence(), above(0));
        Evidence.of("diversity at guidance 1 under that at 0", zero.diversity() - one.diversity(), above(0));
        Evidence.of("diversity at guidance 3 under that at 1", one.diversity() - three.diversity(), above(0));
        double best = report(guided.by(1).best(8, TextToImageTest.scorer()), asked).adherence(), before = one.adherence();
        if (before <= 0.9) Evidence.of("adherence of the best of 8, more than " + before, best - before, atLeast(0.05));
        else Evidence.of("share of the failures of " + before + " that the best of 8 leaves", (1 - best) / (1 - before), atMost(0.5));
    }

    @Test void countsDiversityAndPreferences() {
        Scene red = Scene.of(Colour.RED, Shape.SQUARE, 0, 0), two = new Scene(List.of(red.only(), new Item(Colour.BLUE, Shape.CIRCLE, 1, 1)));
        var pictures = Tensor.stack(0, WORLD.picture(red), WORLD.picture(two), Tensor.zeros(3, 24, 24)).compute();
        var report = TextToImageAlignment.measure(WORLD, pictures, List.of(red, red, two));
        assertThat(report.adherence()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(report.faults()).containsEntry(Fault.COUNT, 1).containsEntry(Fault.LAYOUT, 1).containsEntry(Fault.UNREADABLE, 1).containsEntry(Fault.COLOUR, 0);
        double apart = WORLD.picture(red).sub(WORLD.picture(two)).square().mean().item();
        assertThat(report.diversity()).isCloseTo(Math.sqrt(apart), within(1e-6));
        var loss = TextToImageAlignment.dpoLoss(Tensor.of(0.2, 0.5), Tensor.of(0.3, 0.4), Tensor.of(0.6, 0.1), Tensor.of(0.5, 0.2), 10);
        assertThat(loss.item()).isCloseTo((Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(2))) / 2, within(1e-9));
        assertThatThrownBy(() -> TextToImageAlignment.measure(WORLD, pictures, List.of(red))).hasMessageContaining("for 1 scenes");
        assertThatThrownBy(() -> TextToImageAlignment.dpoLoss(loss, loss, loss, loss, 0)).hasMessageContaining("beta is 0.0");
    }
}
