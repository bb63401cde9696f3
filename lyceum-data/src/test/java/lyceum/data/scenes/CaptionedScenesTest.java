package lyceum.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.data.scenes.Scene.Colour;
import lyceum.data.scenes.Scene.Item;
import lyceum.data.scenes.Scene.Shape;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class CaptionedScenesTest {

    private static final CaptionedScenes ALL = new CaptionedScenes(32, 8, 6, 2, 2, 1);

    @Test void everySceneIsReadFromItsPictureWhereverItStands() {
        var rng = Rng.of(1);
        for (var scenes : List.of(ALL, CaptionedScenes.of(16), new CaptionedScenes(24, 8, 6, 3, 3, 1),
                new CaptionedScenes(16, 3, 2, 1, 2, 1))) {
            for (var scene : scenes.singles()) assertThat(scenes.read(scenes.picture(scene, rng))).contains(scene);
            for (int i = 0; i < 100; i++) {
                var scene = scenes.draw(2, rng);
                assertThat(scenes.read(scenes.picture(scene, rng))).contains(scene);
            }
        }
    }

    @Test void itIsReadThroughNoiseAndNotWhenHalfIsMissing() {
        var rng = Rng.of(2);
        var scenes = CaptionedScenes.of(16).withShapes(2);
        for (var scene : scenes.singles()) {
            var picture = scenes.picture(scene);
            assertThat(scenes.shows(picture.add(Tensor.randn(rng, 3, 16, 16).mul(0.05)), scene)).isTrue();
            assertThat(scenes.read(picture.mul(0.45))).isEmpty();
        }
        assertThat(scenes.read(Tensor.zeros(3, 16, 16))).isEmpty();
        assertThat(scenes.read(Tensor.rand(rng, 3, 16, 16))).isEmpty();
        assertThat(scenes.read(Tensor.full(DType.F32, Double.NaN, 3, 16, 16))).isEmpty();
    }

    @Test void captionsAreDistinctAndReadBack() {
        var said = new HashSet<String>();
        for (var scene : ALL.singles()) {
            assertThat(said.add(ALL.caption(scene))).isTrue();
            assertThat(ALL.parse(ALL.caption(scene))).contains(scene);
        }
        assertThat(ALL.caption(Scene.of(Colour.RED, Shape.SQUARE, 0, 0))).isEqualTo("a red square at the top left");
        var row = ALL.withRows(1);
        var two = new Scene(List.of(new Item(Colour.BLUE, Shape.CIRCLE, 0, 1), new Item(Colour.RED, Shape.SQUARE, 0, 0)));
        assertThat(row.caption(two)).isEqualTo("a red square left of a blue circle");
        assertThat(row.parse("a red square left of a blue circle")).contains(two);
        assertThat(row.parse("a blue circle left of a red square")).isPresent().get().isNotEqualTo(two);
        assertThat(row.parse("a red square")).isEmpty();
        assertThat(new CaptionedScenes(24, 2, 2, 3, 3, 0).caption(Scene.of(Colour.RED, Shape.CIRCLE, 1, 1)))
                .isEqualTo("a red circle in the middle");
        var rng = Rng.of(3);
        for (int i = 0; i < 100; i++) {
            var scene = ALL.draw(1 + i % 4, rng);
            assertThat(ALL.parse(ALL.caption(scene))).contains(scene);
        }
    }

    @Test void noisyPicturesStillShowTheirScenes() {
        var scenes = ALL.singles().subList(0, 6);
        var pictures = ALL.pictures(scenes, 0.1, Rng.of(2));
        assertThat(pictures.shape().toArray()).containsExactly(6, 3, 32, 32);
        Tensor clean = ALL.pictures(scenes, 0, Rng.of(2)), noise = pictures.sub(clean);
        assertThat(noise.std().item()).isBetween(0.095, 0.105);
        for (int i = 0; i < 6; i++) {
            assertThat(ALL.read(pictures.get(i).compute())).contains(scenes.get(i));
            assertThat(ALL.read(clean.get(i).compute())).contains(scenes.get(i));
        }
    }

    @Test void whatCannotBeDrawnIsRefused() {
        assertThatThrownBy(() -> CaptionedScenes.of(8)).hasMessage("CaptionedScenes: cells of 4 pixels; with jitter 0 at least 5");
        assertThatThrownBy(() -> ALL.withColours(9)).hasMessage("CaptionedScenes: colours = 9; it must be 1 to 8");
        assertThatThrownBy(() -> ALL.draw(5, Rng.of(1))).hasMessageContaining("items = 5");
        assertThatThrownBy(() -> ALL.read(Tensor.zeros(3, 16, 16))).hasMessageContaining("(3, 32, 32) is wanted");
        assertThatThrownBy(() -> new Scene(List.of(new Item(Colour.RED, Shape.SQUARE, 0, 0), new Item(Colour.BLUE, Shape.RING, 0, 0))))
                .hasMessageContaining("one cell holds one");
    }
}
