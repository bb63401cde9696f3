package lyceum.models.generative.diffusion;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Fills a part of known data: where they are known, the denoiser is answered for, as one that sees them, so that any sampler ends there whose last step adds no noise, and the
 * rest is drawn to go with it. The known part then is at each step what overwriting it with the data, noised as far, would make it.
 *
 * {@snippet :
 * Tensor whole = sampler.sample(new Inpainting(known, free).over(model), start, text, noise, Progress.SILENT);
 * }
 *
 * @param known data (n, ..); what stands in the free part does not matter
 * @param free 1 where it is to be filled, 0 where the data stay; broadcasts to the data
 */
public record Inpainting(Tensor known, Tensor free) {
    /** The model, knowing those data. The network sees the known part at each time's own noise. */
    public DiffusionModel over(DiffusionModel model) {
        var open = free.ne(0);
        return model.with(denoiser -> (x, t, condition, pass) -> {
            if (x.rank() != known.rank() || x.size(1) != known.size(1))
                throw new ShapeException("Inpainting: known data " + known.shape() + " for " + x.shape());
            Tensor a = model.path().signals(t, x), s = model.path().noises(t, x);
            // Whatever noise leads from the known data to x is the answer there.
            var answer = model.prediction().of(known, x.sub(known.mul(a)).div(s), a, s);
            var said = denoiser.predict(x, t, condition, pass);
            long c = x.size(1), more = said.size(1) - c; // a learned variance stands behind the answer
            return more == 0 ? Tensor.where(open, said, answer)
                    : Tensor.concat(1, Tensor.where(open, said.narrow(1, 0, c), answer), said.narrow(1, c, more));
        });
    }
}
