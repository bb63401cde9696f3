package lyceum.llm.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderConfig;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/** Tensors of a file as views for the model, and the way back. */
final class Layouts {
    /** Masks, frequencies and the like, which older files hold beside the weights. */
    private static final Pattern BUFFERS = Pattern
            .compile(".*(\\.attn\\.(masked_)?bias|\\.attention\\.(masked_)?bias|rotary_emb\\.inv_freq)");

    private Layouts() {}

    /** @param own shapes by name */
    static Map<String, Tensor> ours(ModelFamily family, DecoderConfig config, Map<String, Tensor> files, Map<String, Tensor> own) {
        var names = family.names(config);
        var known = new LinkedHashSet<String>();
        names.forEach(name -> known.add(name.theirs()));
        if (config.tied()) known.add("lm_head.weight"); // the embedding under another name
        var missing = names.stream().map(TensorName::theirs).filter(name -> !files.containsKey(name)).toList();
        var unknown = files.keySet().stream().filter(name -> !known.contains(name) && !BUFFERS.matcher(name).matches()).toList();
        if (!missing.isEmpty() || !unknown.isEmpty())
            throw new FormatException(family + ": missing tensors " + few(missing) + ", unknown " + few(unknown));
        var values = new LinkedHashMap<String, Tensor>();
        for (var name : names) read(name, config, files.get(name.theirs()), own, values);
        values.replaceAll((name, tensor) -> own.get(name).isTracked() ? tensor.requiresGrad() : tensor); // buffers are not trained
        return values;
    }

    private static String few(List<String> names) {
        return names.size() <= 8 ? names.toString() : names.subList(0, 8) + " and " + (names.size() - 8) + " more";
    }

    private static void read(TensorName name, DecoderConfig config, Tensor file, Map<String, Tensor> own, Map<String, Tensor> into) {
        var rows = name.form() == TensorName.Form.COLUMNS && file.rank() == 2 ? file.transpose() : file;
        long outputs = 0;
        for (var ours : name.ours()) outputs += own.get(ours).size(0);
        var first = own.get(name.ours().getFirst());
        if (rows.rank() != first.rank() || rows.size(0) != outputs || rows.rank() == 2 && rows.size(1) != first.size(1))
            throw new FormatException("tensor \"" + name.theirs() + "\" is " + file.shape() + "; the configuration says " + outputs
                    + (first.rank() == 2 ? " by " + first.size(1) : "") + (name.form() == TensorName.Form.COLUMNS ? ", transposed" : ""));
        if (!file.dtype().isFloat())
            throw new FormatException("tensor \"" + name.theirs() + "\" is " + file.dtype() + "; weights are floats");
        long at = 0;
        for (int i = 0; i < name.ours().size(); i++) {
            var ours = name.ours().get(i);
            long size = own.get(ours).size(0);
            into.put(ours, name.form() == TensorName.Form.HEADS ? ofHeads(rows, config, i, own.get(ours))
                    : name.ours().size() == 1 ? rows : rows.narrow(0, at, size));
            at += size;
        }
    }

    /** The i-th of query, key and value of each head; these rows do not lie evenly, so that they are copied. */
    private static Tensor ofHeads(Tensor rows, DecoderConfig config, int i, Tensor like) {
        int heads = config.blocks().getFirst().attention().heads();
        try (var kept = Scope.outside()) {
            return Autograd.noGrad(() -> rows.reshape(heads, 3, -1).select(1, i).reshape(like.shape().toArray()).copy().compute());
        }
    }

    /** What a file holds under a name. */
    static Tensor theirs(TensorName name, DecoderConfig config, Map<String, Tensor> own) {
        return Autograd.noGrad(() -> {
            var parts = new ArrayList<Tensor>();
            for (var ours : name.ours()) parts.add(own.get(ours).detach());
            var first = parts.getFirst();
            Tensor all;
            if (name.form() == TensorName.Form.HEADS) {
                int heads = config.blocks().getFirst().attention().heads();
                parts.replaceAll(p -> p.reshape(heads, 1, -1));
                all = Tensor.concat(1, parts.toArray(Tensor[]::new));
                all = first.rank() == 2 ? all.reshape(3 * first.size(0), first.size(1)) : all.flatten();
            } else all = parts.size() == 1 ? first : Tensor.concat(0, parts.toArray(Tensor[]::new));
            return name.form() == TensorName.Form.COLUMNS && first.rank() == 2 ? all.transpose() : all;
        });
    }
}
