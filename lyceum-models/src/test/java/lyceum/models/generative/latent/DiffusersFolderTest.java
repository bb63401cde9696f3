package lyceum.models.generative.latent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder as diffusers writes it, of a tiny pipeline, is the pipeline again. */
class DiffusersFolderTest {
    private static int[] tokens(String text) { return text.isEmpty() ? new int[] {1, 9} : new int[] {1, 2 + text.length() % 5, 9}; }

    private static void json(Path folder, String name, String json) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        Files.writeString(folder.resolve(name), json);
    }

    private static void weights(Path folder, String name, SequencedMap<String, Tensor> tensors) throws IOException {
        Safetensors.write(folder.resolve(name), tensors, new LinkedHashMap<>());
    }

    private static StableDiffusion written(Path folder) throws IOException {
        json(folder, "scheduler/scheduler_config.json",
                """
                {"num_train_timesteps": 100, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "prediction_type": "v_prediction"}""");
        json(folder, "unet/config.json", """
                {"in_channels": 4, "out_channels": 4, "block_out_channels": [8, 16], "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
                 "layers_per_block": 1, "cross_attention_dim": 8, "attention_head_dim": 2, "norm_num_groups": 4}""");
        json(folder, "vae/config.json",
                """
                {"in_channels": 3, "latent_channels": 4, "block_out_channels": [8, 8], "layers_per_block": 1, "norm_num_groups": 4, "scaling_factor": 0.5}""");
        json(folder, "text_encoder/config.json", """
                {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 10, "max_position_embeddings": 6,
                 "hidden_act": "quick_gelu"}""");
        var unet = new ConditionalUNet(new ConditionalUNetConfig(4, 4, List.of(8, 16), List.of(true, false), 1, 8, 2, 4, DType.F32),
                Rng.of(1));
        var codec = new AutoencoderKl(AutoencoderKlConfig.small(3, 4, 8, 8), Rng.of(2));
        var tower = new TextTower(
                TextTowerConfig.clip(8, 1, 2).withEnd(9).withPadding(9).withVocabulary(10).withPositions(6).withHidden(16), Rng.of(3));
        weights(folder, "unet/diffusion_pytorch_model.safetensors", unet.state());
        var old = new LinkedHashMap<String, Tensor>();
        codec.state().forEach((name, t) -> {
            var part = name.contains(".attentions.")
                    ? name.replace("to_q", "query").replace("to_k", "key").replace("to_v", "value").replace("to_out.0", "proj_attn") : name;
            old.put(part, t.rank() == 2 ? t.reshape(t.size(0), t.size(1), 1, 1) : t);
        });
        weights(folder, "vae/diffusion_pytorch_model.safetensors", old);
        weights(folder, "text_encoder/model.safetensors", tower.published());
        var model = new DiffusionModel(NoiseSchedule.scaledLinear(100, 0.00085, 0.012), Prediction.VELOCITY, unet.countingFromZero());
        return StableDiffusion.of(PromptEncoder.of(tower, DiffusersFolderTest::tokens), model, codec, 0.5);
    }

    @Test void aWrittenFolderIsThePipelineAgain(@TempDir Path folder) throws IOException {
        var model = written(folder);
        var again = StableDiffusion.load(folder, DiffusersFolderTest::tokens);
        var options = new PictureOptions(8).withSampler(new DdimSampler(3)).withGuidance(2);
        var prompts = List.of("a cat", "two dogs");
        Tensor a = model.imagine(prompts, options, NoiseStreams.seeds(1, 2), Progress.SILENT),
                b = again.imagine(prompts, options, NoiseStreams.seeds(1, 2), Progress.SILENT);
        assertThat(a.sub(b).abs().max().item()).isLessThan(1e-6);
    }

    @Test void aScheduleMayBeToldToEndInNoise(@TempDir Path folder) throws IOException {
        written(folder);
        var last = StableDiffusion.load(folder, DiffusersFolderTest::tokens).model().path();
        assertThat(last.signal(100)).isPositive();
        var file = folder.resolve("scheduler/scheduler_config.json");
        Files.writeString(file, Files.readString(file).replace("{", "{\"rescale_betas_zero_snr\": true, "));
        var rescaled = StableDiffusion.load(folder, DiffusersFolderTest::tokens).model().path();
        assertThat(rescaled.signal(100)).isZero();
        assertThat(rescaled.signal(1)).isCloseTo(last.signal(1), Offset.offset(1e-12));
    }

    @Test void saysWhatIsMissingOrUnknown(@TempDir Path folder) throws IOException {
        written(folder);
        Files.delete(folder.resolve("vae/config.json"));
        assertThatThrownBy(() -> StableDiffusion.load(folder, DiffusersFolderTest::tokens)).isInstanceOf(FormatException.class)
                .hasMessageContaining("there is no vae/config.json");
        written(folder);
        json(folder, "scheduler/scheduler_config.json", "{\"beta_schedule\": \"sigmoid\"}");
        assertThatThrownBy(() -> StableDiffusion.load(folder, DiffusersFolderTest::tokens))
                .hasMessageContaining("beta_schedule \"sigmoid\"");
        json(folder, "scheduler/scheduler_config.json", "{\"beta_schedule\": ");
        assertThatThrownBy(() -> StableDiffusion.load(folder, DiffusersFolderTest::tokens)).isInstanceOf(FormatException.class);
        json(folder, "scheduler/scheduler_config.json", "{\"trained_betas\": [0.1, 0.2]}");
        assertThatThrownBy(() -> StableDiffusion.load(folder, DiffusersFolderTest::tokens))
                .hasMessageContaining("trained_betas is [0.1,0.2]; null is known");
        written(folder);
        json(folder, "unet/config.json",
                Files.readString(folder.resolve("unet/config.json")).replace("{", "{\"act_fn\": \"silu\", \"freq_shift\": 1, "));
        assertThatThrownBy(() -> StableDiffusion.load(folder, DiffusersFolderTest::tokens))
                .hasMessageContaining("unet/config.json: freq_shift is 1; 0 is known");
        written(folder);
        json(folder, "unet/config.json", Files.readString(folder.resolve("unet/config.json")).replace("[8, 16]", "[8, 32]"));
        assertThatThrownBy(() -> StableDiffusion.load(folder, DiffusersFolderTest::tokens)).hasMessageContaining("down_blocks.1.resnets.0");
    }
}
