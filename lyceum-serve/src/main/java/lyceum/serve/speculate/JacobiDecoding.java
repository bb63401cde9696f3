package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Greedy decoding as a system of equations {@code y_i = argmax p(y | x, y_<i)}, all unknowns guessed and updated together until nothing changes. Each pass settles one more
 * id at least, so that n of them suffice for n ids; with language models it is seldom fewer, and {@link LookaheadSource} makes use of what the guesses show on the way.
 *
 * @param ids greedy decoding's
 * @param passes after which they stood
 * @param guesses before the first pass and after each
 * @see <a href="https://arxiv.org/abs/2305.10427">Santilli et al. (2023), algorithm 1</a>
 */
public record JacobiDecoding(int[] ids, int passes, List<int[]> guesses) {

    /** @param prompt an id at least @param guess ids to begin with, as many as are wanted */
    public static JacobiDecoding run(CausalLM model, int[] prompt, int... guess) {
        if (prompt.length == 0 || guess.length == 0) throw new IllegalArgumentException(
                "JacobiDecoding: a prompt of " + prompt.length + " ids and " + guess.length + " guesses; one at least");
        var all = Arrays.copyOf(prompt, prompt.length + guess.length);
        System.arraycopy(guess, 0, all, prompt.length, guess.length);
        var guesses = new ArrayList<>(List.of(guess.clone()));
        int last = 0;
        for (int pass = 1; pass <= guess.length; pass++) {
            double[][] logits = Autograd.noGrad(() -> model.logits(Tensor.of(all, 1, all.length), Pass.inference()).squeeze(0).toRows());
            var next = new int[guess.length];
            for (int i = 0; i < next.length; i++) {
                double[] z = logits[prompt.length - 1 + i];
                for (int id = 1; id < z.length; id++) if (z[id] > z[next[i]]) next[i] = id;
            }
            guesses.add(next);
            if (Arrays.equals(next, guesses.get(pass - 1))) break;
            last = pass;
            System.arraycopy(next, 0, all, prompt.length, next.length);
        }
        return new JacobiDecoding(Arrays.copyOfRange(all, prompt.length, all.length), last, List.copyOf(guesses));
    }
}
