package lyceum.models.ssl;

import lyceum.tensor.Tensor;

/** Tokens by number, other ones in each picture. */
final class Tokens {
    private Tokens() {}

    /** @param tokens (n, all, width) @param places I64 (n, k) @return (n, k, width) */
    static Tensor at(Tensor tokens, Tensor places) {
        return tokens.gather(1, places.unsqueeze(2).expand(places.size(0), places.size(1), tokens.size(2)));
    }
}
