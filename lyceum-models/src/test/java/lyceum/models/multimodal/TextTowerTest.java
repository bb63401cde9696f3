package lyceum.models.multimodal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.nn.Activation;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class TextTowerTest {
    @Test void clipsTextTowersHaveTheirPublishedSizes() {
        for (var activation : List.of(Activation.QUICK_GELU, Activation.GELU))
            assertThat(Skeleton.of(() -> new TextTower(TextTowerConfig.clip(768, 12, 12).withActivation(activation), Rng.of(1)))
                    .parameterCount()).isEqualTo(123_060_480);
        assertThat(Skeleton.of(() -> new TextTower(TextTowerConfig.clip(512, 12, 8), Rng.of(1))).parameterCount()).isEqualTo(63_165_952);
    }

    @Test void aTowerWithPublishedNamesGivesWhatTorchGives() {
        var golden = Golden.load("golden/multimodal.json").named("text tower");
        var recipe = new Recipe(golden.integer("input.seed"));
        var state = new LinkedHashMap<String, Tensor>();
        var shapes = golden.at("input.state");
        for (var name : shapes.names()) {
            long[] shape = shapes.longs(name);
            int n = 1;
            for (long size : shape) n *= (int) size;
            var bells = Tensor.of(recipe.bells(n), shape);
            state.put(name,
                    shape.length > 1 ? bells.div(Math.sqrt((double) n / shape[0])) : bells.div(10).add(name.endsWith("weight") ? 1 : 0));
        }
        state.put("text_model.embeddings.position_ids", Tensor.arange(6));
        var config = new TextTowerConfig(9, 6, 8, 2, 2).withActivation(Activation.QUICK_GELU).withCausal(true).withEnd(8)
                .withPool(TextTowerConfig.Pool.END).withPadding(8).withMasksPadding(false).withDtype(DType.F64);
        var tower = new TextTower(config, Rng.of(1));
        tower.loadPublished(state);
        var text = tower.encode(Tensor.of(golden.ints("input.ids"), 3, 6), Pass.inference());
        var gap = Gap.absolute().see(golden, "expected.tokens", text.tokens().toDoubleArray()).see(golden, "expected.pooled",
                text.pooled().toDoubleArray());
        assertThat(gap.worst()).as("%s", gap).isLessThan(1e-9);
        assertThat(text.seen().to(DType.I32).sum(1).toIntArray()).containsExactly(4, 6, 2);
        assertThat(tower.published().keySet()).containsExactlyInAnyOrderElementsOf(shapes.names());
        assertThat(tower.hiddenStates(Tensor.of(golden.ints("input.ids"), 3, 6), Pass.inference())).hasSize(3);
        assertThatThrownBy(() -> tower.loadPublished(Map.of())).isInstanceOf(FormatException.class)
                .hasMessageContaining("text_model.encoder.layers.1.mlp.fc2.weight");
    }

    @Test void paddingIsNotSeenWhereItIsMasked() {
        var config = new TextTowerConfig(12, 6, 8, 1, 2).withDtype(DType.F64);
        var tower = new TextTower(config, Rng.of(1));
        Tensor five = Tensor.of(new int[] {3, 4, 5, 0, 0}, 1, 5), three = five.narrow(1, 0, 3);
        Autograd.noGrad(() -> {
            assertThat(tower.encode(five, Pass.inference()).pooled().sub(tower.encode(three, Pass.inference()).pooled()).abs().max().item())
                    .isLessThan(1e-12);
            var open = new TextTower(config.withMasksPadding(false), Rng.of(1));
            assertThat(open.encode(five, Pass.inference()).pooled().sub(open.encode(three, Pass.inference()).pooled()).abs().max().item())
                    .isGreaterThan(1e-3);
            var last = new TextTower(config.withMasksPadding(false).withPool(TextTowerConfig.Pool.LAST), Rng.of(1)).encode(five,
                    Pass.inference());
            assertThat(last.pooled().toDoubleArray()).isEqualTo(last.tokens().select(1, 4).toDoubleArray());
        });
    }

    @Test void idsAreCutAndPadded() {
        var tower = new TextTower(new TextTowerConfig(12, 4, 8, 1, 2).withEnd(2).withPool(TextTowerConfig.Pool.END), Rng.of(1));
        Tensor ids = tower.ids(List.of("a", "b"), t -> t.equals("a") ? new int[] {1, 5, 2} : new int[] {1, 5, 6, 7, 2});
        assertThat(ids.toIntArray()).containsExactly(1, 5, 2, 0, 1, 5, 6, 2);
        assertThatThrownBy(() -> tower.ids(List.of("a"), t -> new int[] {12})).hasMessageContaining("id 12");
        assertThatThrownBy(() -> tower.ids(List.of("a"), t -> new int[0])).hasMessageContaining("no id");
        assertThatThrownBy(() -> tower.encode(Tensor.zeros(DType.I64, 1, 5), Pass.inference())).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new TextTowerConfig(12, 4, 8, 1, 2).withPool(TextTowerConfig.Pool.END))
                .hasMessageContaining("id of the end");
        assertThatThrownBy(() -> new TextTowerConfig(12, 4, 8, 1, 2).withPadding(12)).hasMessageContaining("padding 12");
        var words = CaptionWords.of(List.of("a red square", "A blue circle"));
        assertThat(words.apply(" ")).containsExactly(CaptionWords.BEGIN, CaptionWords.END);
        assertThat(CaptionWords.of(List.of("")).ids()).isEmpty();
        assertThatThrownBy(() -> new CaptionWords(Map.of("a", 4))).hasMessageContaining("\"a\" is 4; ids count from 3");
        assertThat(words.apply("a blue square")).containsExactly(1, 3, 6, 5, 2);
        assertThat(words.text(1, 3, 6, 5, 2, 0)).isEqualTo("a blue square");
        assertThat(words.vocabulary()).isEqualTo(8);
        assertThatThrownBy(() -> words.apply("a mauve square")).hasMessageContaining("mauve");
    }
}
