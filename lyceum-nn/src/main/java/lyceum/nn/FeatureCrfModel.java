package lyceum.nn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.optim.StopReason;
import lyceum.tensor.Tensor;

/** What {@link FeatureCrf} has learned. Immutable. */
public final class FeatureCrfModel {
    private final Tensor weights;
    private final LinearChainCrf crf;
    private final StopReason stop;

    FeatureCrfModel(Tensor weights, LinearChainCrf crf, StopReason stop) {
        this.weights = weights;
        this.crf = crf;
        this.stop = stop;
    }

    /** Why the fit ended; kept by {@link #save}. */
    public StopReason stop() { return stop; }

    /** Whether the fit ended at a minimum, within the solver's tolerances. */
    public boolean converged() { return stop.converged(); }

    /** (features, tags). */
    public Tensor weights() { return weights; }

    public LinearChainCrf crf() { return crf; }

    /** The scores (time, tags) of a sentence's tokens, {@code [token]}: numbers of active features. */
    public Tensor emissions(int[][] sentence) {
        return FeatureBatch.of(new int[][][] {sentence}, (int) weights.size(0)).emissions(weights).get(0);
    }

    /** The likeliest tags of a sentence; none for an empty one. */
    public int[] tag(int[][] sentence) { return sentence.length == 0 ? new int[0] : crf.best(emissions(sentence), 1).getFirst().tags(); }

    /** Writes weights, scores and constraints as safetensors. */
    public void save(Path path) throws IOException {
        var all = new LinkedHashMap<String, Tensor>(crf.state());
        all.replaceAll((name, tensor) -> tensor.detach());
        all.put("weights", weights);
        var rules = crf.constraints();
        int k = rules.tags();
        var allowed = new long[(k + 2) * k];
        for (int i = 0; i < k + 2; i++) for (int j = 0; j < k; j++) {
            var row = i < k ? rules.transitions()[i] : i == k ? rules.start() : rules.end();
            allowed[i * k + j] = row[j] ? 1 : 0;
        }
        all.put("allowed", Tensor.of(allowed, k + 2, k));
        Safetensors.write(path, all, Map.of("formatVersion", "1", "stop", stop.name()));
    }

    /** Reads what {@link #save} wrote. @throws FormatException for another file */
    public static FeatureCrfModel load(Path path) throws IOException {
        var contents = Safetensors.read(path);
        var all = contents.tensors();
        for (var name : new String[] {"weights", "transitions", "start", "end", "allowed"})
            if (!all.containsKey(name)) throw new FormatException("FeatureCrfModel: " + path + " has no tensor " + name);
        var allowed = all.get("allowed");
        int k = (int) allowed.size(-1);
        if (allowed.rank() != 2 || allowed.size(0) != k + 2 || all.get("weights").rank() != 2 || all.get("weights").size(1) != k)
            throw new FormatException("FeatureCrfModel: " + path + " has constraints " + allowed.shape() + " and weights "
                    + all.get("weights").shape() + "; they are (tags + 2, tags) and (features, tags)");
        boolean[] flat = allowed.ne(0).toBooleanArray(), start = new boolean[k], end = new boolean[k];
        var rows = new boolean[k][k];
        for (int i = 0; i < k; i++) System.arraycopy(flat, i * k, rows[i], 0, k);
        System.arraycopy(flat, k * k, start, 0, k);
        System.arraycopy(flat, (k + 1) * k, end, 0, k);
        StopReason stop;
        try {
            stop = StopReason.valueOf(contents.metadata().getOrDefault("stop", StopReason.GRADIENT.name()));
        } catch (IllegalArgumentException e) {
            throw new FormatException("FeatureCrfModel: " + path + ": " + e.getMessage(), e);
        }
        return new FeatureCrfModel(all.get("weights").copy(),
                new LinearChainCrf(all.get("transitions"), all.get("start"), all.get("end"), new TagConstraints(rows, start, end)), stop);
    }
}
