package lyceum.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.data.scenes.MovingShapes.Edge;
import lyceum.data.scenes.Scene.Shape;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class MovingShapesTest {
    /** Mass and its middle in a frame. */
    private static double[] middle(float[] pixels, int at, int size) {
        double mass = 0, x = 0, y = 0;
        for (int i = 0; i < size * size; i++) {
            mass += pixels[at + i];
            x += pixels[at + i] * (i % size + 0.5);
            y += pixels[at + i] * (i / size + 0.5);
        }
        return new double[] {mass, x / mass, y / mass};
    }

    @Test void middlesMoveByTheVelocity() {
        for (var shape : Shape.values()) {
            var scene = new MovingShapes(12, 5).withShape(shape).withSide(4);
            var clips = scene.draw(20, Rng.of(1));
            assertThat(clips.frames().shape().toArray()).containsExactly(20, 5, 1, 12, 12);
            float[] pixels = clips.frames().toFloatArray();
            double[] p = clips.position().toDoubleArray(), v = clips.velocity().toDoubleArray();
            for (int i = 0; i < 20; i++) {
                assertThat(Math.hypot(v[2 * i], v[2 * i + 1])).isLessThanOrEqualTo(1);
                double down = shape == Shape.TRIANGLE ? 4 / 6.0 : 0; // its middle of mass lies lower
                for (int t = 0; t < 5; t++) {
                    double[] m = middle(pixels, (i * 5 + t) * 144, 12);
                    if (shape == Shape.SQUARE) assertThat(m[0]).isCloseTo(16, within(1e-4));
                    assertThat(m[1]).isCloseTo(p[2 * i] + t * v[2 * i], within(shape == Shape.SQUARE ? 1e-4 : 0.08));
                    assertThat(m[2]).isCloseTo(p[2 * i + 1] + t * v[2 * i + 1] + down, within(shape == Shape.SQUARE ? 1e-4 : 0.08));
                }
            }
        }
    }

    @Test void directionsAreEvenAndWrapAround() {
        var scene = new MovingShapes(8, 8).withSide(2).withEdge(Edge.WRAP).withSpeed(1).withDirections(4);
        var clips = scene.draw(100, Rng.of(2));
        long[] direction = clips.direction().toLongArray();
        double[] v = clips.velocity().toDoubleArray();
        var counts = new int[4];
        for (int i = 0; i < 100; i++) {
            counts[(int) direction[i]]++;
            assertThat(v[2 * i]).isCloseTo(new double[] {1, 0, -1, 0}[(int) direction[i]], within(1e-12));
            assertThat(v[2 * i + 1]).isCloseTo(new double[] {0, 1, 0, -1}[(int) direction[i]], within(1e-12));
        }
        for (int c : counts) assertThat(c).isBetween(12, 40);
        float[] pixels = clips.frames().toFloatArray();
        for (int f = 0; f < 800; f++) assertThat(middle(pixels, f * 64, 8)[0]).isCloseTo(4, within(1e-4));
        float[] one = scene.clip(1, 1, 1, 0).toFloatArray();
        assertThat(one[7 * 64 + 7] + one[7 * 64]).isEqualTo(2); // the eighth frame: columns 7 and 0
        assertThat(scene.draw(3, Rng.of(5)).frames().toFloatArray()).isEqualTo(scene.draw(3, Rng.of(5)).frames().toFloatArray());
    }

    @Test void badSizesAreNamed() {
        assertThatThrownBy(() -> new MovingShapes(8, 8).withSide(3)).hasMessageContaining("does not stay in 8 pixels");
        assertThatThrownBy(() -> new MovingShapes(1, 8)).hasMessageContaining("size 1");
        assertThatThrownBy(() -> new MovingShapes(8, 2).draw(0, Rng.of(1))).hasMessageContaining("0 clips");
        assertThat(new MovingShapes(8, 1).draw(1, Rng.of(1)).direction().toLongArray()).containsExactly(-1);
    }
}
