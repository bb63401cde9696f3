package lyceum.models.generative.latent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.nn.Activation;
import lyceum.nn.Module;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the folders of a pipeline as diffusers writes it: a configuration and safetensors in each. */
final class DiffusersFolder {
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";
    /** Names of attention in checkpoints of 2022, and now. */
    private static final Map<String, String> OLD = Map.of("query", "to_q", "key", "to_k", "value", "to_v", "proj_attn", "to_out.0");

    /** Settings that are built one way here, as JSON. */
    private static final Map<String, String> ONLY = Map.of("trained_betas", "null", "flip_sin_to_cos", "true", "freq_shift", "0",
            "center_input_sample", "false", "downsample_padding", "1", "act_fn", "\"silu\"", "shift_factor", "null");

    private final Path folder;

    private DiffusersFolder(Path folder) { this.folder = folder; }

    static StableDiffusion load(Path folder, Function<String, int[]> tokens) throws IOException {
        var files = new DiffusersFolder(folder);
        JsonNode scheduler = files.json("scheduler/scheduler_config.json"), vae = files.json("vae/config.json");
        var unet = files.unet();
        var model = new DiffusionModel(schedule(scheduler), prediction(scheduler), unet.countingFromZero());
        return StableDiffusion.of(PromptEncoder.of(files.text(), tokens), model, files.codec(vae),
                vae.path("scaling_factor").asDouble(0.18215));
    }

    private JsonNode json(String name) throws IOException {
        var path = folder.resolve(name);
        if (!Files.isRegularFile(path)) throw new FormatException("diffusers folder " + folder + ": there is no " + name);
        try {
            var c = JsonMapper.shared().readTree(Files.readString(path));
            ONLY.forEach((key, only) -> {
                if (c.has(key) && !c.get(key).toString().equals(only))
                    throw new FormatException(name + ": " + key + " is " + c.get(key) + "; " + only + " is known");
            });
            return c;
        } catch (JacksonException e) {
            throw new FormatException(path + ": " + e.getOriginalMessage());
        }
    }

    private static NoiseSchedule schedule(JsonNode c) {
        int steps = c.path("num_train_timesteps").asInt(1000);
        double first = c.path("beta_start").asDouble(0.0001), last = c.path("beta_end").asDouble(0.02);
        var schedule = switch (c.path("beta_schedule").asString("linear")) {
            case "scaled_linear" -> NoiseSchedule.scaledLinear(steps, first, last);
            case "linear" -> NoiseSchedule.linear(steps, first, last);
            case "squaredcos_cap_v2" -> NoiseSchedule.cosine(steps);
            case String other -> throw new FormatException(
                    "scheduler: beta_schedule \"" + other + "\"; scaled_linear, linear and squaredcos_cap_v2 are known");
        };
        return c.path("rescale_betas_zero_snr").asBoolean(false) ? schedule.endingInNoise() : schedule;
    }

    private static Prediction prediction(JsonNode c) {
        return switch (c.path("prediction_type").asString("epsilon")) {
            case "epsilon" -> Prediction.NOISE;
            case "v_prediction" -> Prediction.VELOCITY;
            case "sample" -> Prediction.CLEAN;
            case String other ->
                    throw new FormatException("scheduler: prediction_type \"" + other + "\"; epsilon, v_prediction and sample are known");
        };
    }

    private ConditionalUNet unet() throws IOException {
        var c = json("unet/config.json");
        List<Integer> widths = ints(c, "block_out_channels");
        var attends = new ArrayList<Boolean>();
        for (var kind : c.path("down_block_types")) attends.add(switch (kind.asString()) {
            case "CrossAttnDownBlock2D" -> true;
            case "DownBlock2D" -> false;
            case String other ->
                    throw new FormatException("unet: a block \"" + other + "\"; CrossAttnDownBlock2D and DownBlock2D are known");
        });
        if (c.path("attention_head_dim").isArray()) throw new FormatException(
                "unet: attention_head_dim " + c.path("attention_head_dim") + ", heads that differ by level; one number is known");
        var config = new ConditionalUNetConfig(c.path("in_channels").asInt(4), c.path("out_channels").asInt(4), widths, attends,
                c.path("layers_per_block").asInt(2), c.path("cross_attention_dim").asInt(768), c.path("attention_head_dim").asInt(8),
                c.path("norm_num_groups").asInt(32), DType.F32);
        return filled(Skeleton.of(() -> new ConditionalUNet(config, Rng.of(1))), tensors("unet/" + WEIGHTS));
    }

    private AutoencoderKl codec(JsonNode c) throws IOException {
        var config = new AutoencoderKlConfig(c.path("in_channels").asInt(3), c.path("latent_channels").asInt(4),
                ints(c, "block_out_channels"), c.path("layers_per_block").asInt(2), c.path("norm_num_groups").asInt(32), DType.F32);
        var renamed = new LinkedHashMap<String, Tensor>();
        tensors("vae/" + WEIGHTS).forEach((name, t) -> {
            int at = name.lastIndexOf('.');
            int before = name.lastIndexOf('.', at - 1);
            String part = name.substring(before + 1, Math.max(before + 1, at));
            renamed.put(name.contains(".attentions.") && OLD.containsKey(part)
                    ? name.substring(0, before + 1) + OLD.get(part) + name.substring(at) : name, t);
        });
        return filled(Skeleton.of(() -> new AutoencoderKl(config, Rng.of(1))), renamed);
    }

    private TextTower text() throws IOException {
        var c = json("text_encoder/config.json");
        var activation = switch (c.path("hidden_act").asString("quick_gelu")) {
            case "quick_gelu" -> Activation.QUICK_GELU;
            case "gelu" -> Activation.GELU;
            case String other -> throw new FormatException("text_encoder: hidden_act \"" + other + "\"; quick_gelu and gelu are known");
        };
        int vocabulary = c.path("vocab_size").asInt(49_408);
        int width = c.path("hidden_size").asInt(768);
        var config = new TextTowerConfig(vocabulary, c.path("max_position_embeddings").asInt(77), width,
                c.path("num_hidden_layers").asInt(12), c.path("num_attention_heads").asInt(12))
                .withHidden(c.path("intermediate_size").asInt(4 * width)).withActivation(activation).withCausal(true)
                .withEnd(vocabulary - 1).withPool(TextTowerConfig.Pool.END).withPadding(vocabulary - 1).withMasksPadding(false);
        var tower = new TextTower(config, Rng.of(1));
        tower.loadPublished(tensors("text_encoder/model.safetensors"));
        return tower;
    }

    private static List<Integer> ints(JsonNode c, String name) {
        var numbers = new ArrayList<Integer>();
        for (var n : c.path(name)) numbers.add(n.asInt());
        if (numbers.isEmpty()) throw new FormatException("diffusers: the configuration has no " + name);
        return numbers;
    }

    private Map<String, Tensor> tensors(String name) throws IOException {
        var path = folder.resolve(name);
        if (!Files.isRegularFile(path)) throw new FormatException("diffusers folder " + folder + ": there is no " + name);
        return Safetensors.read(path).tensors();
    }

    /** Matrices for 1 x 1 convolutions, and the other way round, are reshaped: checkpoints have both. Other shapes and names are the module's to refuse. */
    private static <M extends Module> M filled(M skeleton, Map<String, Tensor> given) {
        var own = skeleton.state();
        var values = new LinkedHashMap<String, Tensor>();
        given.forEach((name, t) -> {
            var wanted = own.get(name);
            boolean other = wanted != null && wanted.count() == t.count() && wanted.rank() != t.rank() && wanted.size(0) == t.size(0);
            values.put(name, (other ? t.reshape(wanted.shape().toArray()) : t).to(DType.F32));
        });
        return Module.with(skeleton, values);
    }
}
