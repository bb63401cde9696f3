package lyceum.models.multimodal;

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
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
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
            var one = items.remove(rng.nextInt(items.size()));
            int kind = items.size() == 3 ? i % 2 : i % 3;
            Fault expected = Fault.COLOUR;
            if (kind == 0) {
                items.add(
                        new Item(Colour.values()[(one.colour().ordinal() + 1 + rng.nextInt(4)) % 5], one.shape(), one.row(), one.column()));
            } else if (kind == 1) {
                var shape = Shape.values()[(one.shape().ordinal() + 1 + rng.nextInt(4)) % 5];
                items.add(new Item(one.colour(), shape, one.row(), one.column()));
                boolean round = (shape == Shape.CIRCLE || shape == Shape.RING)
                        && (one.shape() == Shape.CIRCLE || one.shape() == Shape.RING);
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
        int traded = 0, tried = 0;
        while (tried < 200) {
            var scene = WORLD.draw(2, rng);
            Item a = scene.items().get(0), b = scene.items().get(1);
            if (a.colour() == b.colour() || a.shape() == b.shape()) continue;
            tried++;
            var swapped = new Scene(
                    List.of(new Item(b.colour(), a.shape(), a.row(), a.column()), new Item(a.colour(), b.shape(), b.row(), b.column())));
            if (TextToImageAlignment.faults(WORLD, WORLD.picture(swapped, rng), scene).contains(Fault.COLOUR)) traded++;
        }
        Evidence.of("of 200 pairs that trade their colours, told as a fault of colour", traded, exactly(200));
    }

    private static boolean taken(Scene scene, int cell) { return scene.items().stream().anyMatch(i -> i.row() * 2 + i.column() == cell); }

    @Test void errorsOfOtherShapesAreRefused() {
        Tensor n = Tensor.zeros(3), column = Tensor.zeros(3, 1);
        assertThatThrownBy(() -> TextToImageAlignment.dpoLoss(n, n, column, n, 1)).hasMessageContaining("errors (3,) and (3, 1)");
    }

    @Test void countsDiversityAndPreferences() {
        Scene red = Scene.of(Colour.RED, Shape.SQUARE, 0, 0),
                two = new Scene(List.of(red.only(), new Item(Colour.BLUE, Shape.CIRCLE, 1, 1)));
        var pictures = Tensor.stack(0, WORLD.picture(red), WORLD.picture(two), Tensor.zeros(3, 24, 24)).compute();
        var report = TextToImageAlignment.measure(WORLD, pictures, List.of(red, red, two));
        assertThat(report.adherence()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(report.faults()).containsEntry(Fault.COUNT, 1).containsEntry(Fault.LAYOUT, 1).containsEntry(Fault.UNREADABLE, 1)
                .containsEntry(Fault.COLOUR, 0);
        double apart = WORLD.picture(red).sub(WORLD.picture(two)).square().mean().item();
        assertThat(report.diversity()).isCloseTo(Math.sqrt(apart), within(1e-6));
        var loss = TextToImageAlignment.dpoLoss(Tensor.of(0.2, 0.5), Tensor.of(0.3, 0.4), Tensor.of(0.6, 0.1), Tensor.of(0.5, 0.2), 10);
        assertThat(loss.item()).isCloseTo((Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(2))) / 2, within(1e-9));
        assertThatThrownBy(() -> TextToImageAlignment.measure(WORLD, pictures, List.of(red))).hasMessageContaining("for 1 scenes");
        assertThatThrownBy(() -> TextToImageAlignment.dpoLoss(loss, loss, loss, loss, 0)).hasMessageContaining("beta is 0.0");
    }
}
