package lyceum.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SpritesTest {
    @Test void factorsCanBeReadFromPictures() {
        var sprites = new Sprites(16);
        int[][] all = sprites.all();
        assertThat(all).hasNumberOfRows(576);
        double[][] pixels = sprites.pictures(all).reshape(576, 256).toRows();
        for (int i = 0; i < all.length; i++) {
            double mass = 0, x = 0, y = 0, most = 0;
            for (int p = 0; p < 256; p++) {
                mass += pixels[i][p];
                x += pixels[i][p] * (p % 16 + 0.5);
                y += pixels[i][p] * (p / 16 + 0.5);
                most = Math.max(most, pixels[i][p]);
            }
            double shade = 0.4 + 0.3 * all[i][Sprites.SHADE], size = 4 + 2 * all[i][Sprites.SIZE];
            assertThat(most).isCloseTo(shade, Offset.offset(1e-6));
            assertThat(mass).isCloseTo(shade * size * size, Offset.offset(1e-3));
            assertThat(x / mass).isCloseTo(size / 2 + (16 - size) * all[i][Sprites.ACROSS] / 7.0, Offset.offset(1e-4));
            assertThat(y / mass).isCloseTo(size / 2 + (16 - size) * all[i][Sprites.DOWN] / 7.0, Offset.offset(1e-4));
        }
        assertThat(Arrays.stream(all).map(Arrays::toString).distinct().count()).isEqualTo(576);
    }

    @Test void pairsShareAllFactorsButSome() {
        var sprites = new Sprites(8, 5, 3, 1);
        for (int changed = 1; changed <= 3; changed++) {
            var pairs = sprites.pairs(500, changed, Rng.of(1));
            int most = 0, differing = 0;
            for (int i = 0; i < 500; i++) {
                int gaps = 0;
                for (int f = 0; f < Sprites.FACTORS; f++) if (pairs.first()[i][f] != pairs.second()[i][f]) gaps++;
                most = Math.max(most, gaps);
                differing += gaps;
            }
            assertThat(most).isEqualTo(changed);
            assertThat(differing / 500.0).isBetween(0.6 * changed, 0.9 * changed);
        }
        assertThat(sprites.draw(50, Rng.of(2))).isDeepEqualTo(sprites.draw(50, Rng.of(2)));
        assertThatThrownBy(() -> sprites.pairs(1, 4, Rng.of(1))).hasMessageContaining("4 factors changed of 3");
        assertThatThrownBy(() -> sprites.pictures(new int[][] {{0, 5, 0, 0}})).hasMessageContaining("level 5 of factor 1");
        assertThatThrownBy(() -> sprites.withSizes(0)).hasMessageContaining("0 sizes");
    }

    @Test void blobsAreBrightestAtTheirCentres() {
        var blobs = new Blobs(9, 1.5);
        var centres = Tensor.of(4.0, 2, 6, 7).reshape(2, 2);
        var pictures = blobs.pictures(centres);
        assertThat(pictures.shape()).isEqualTo(Shape.of(2, 1, 9, 9));
        assertThat(pictures.item(0, 0, 2, 4)).isEqualTo(1);
        assertThat(pictures.item(1, 0, 7, 6)).isEqualTo(1);
        assertThat(pictures.item(0, 0, 3, 6)).isCloseTo(Math.exp(-5 / 4.5), Offset.offset(1e-6));
        var drawn = blobs.draw(500, 2, Rng.of(1));
        assertThat(drawn.min().item()).isBetween(2.0, 2.1);
        assertThat(drawn.max().item()).isBetween(5.9, 6.0);
        assertThatThrownBy(() -> blobs.draw(1, 5, Rng.of(1))).hasMessageContaining("margin 5");
        assertThatThrownBy(() -> new Blobs(9, 0)).hasMessageContaining("deviation 0");
        assertThatThrownBy(() -> blobs.pictures(Tensor.zeros(3))).hasMessageContaining("(n, 2)");
    }
}
