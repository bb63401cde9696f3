package lyceum.text;

import java.math.BigDecimal;

/**
 * What tokens cost, exactly.
 *
 * @param input price of a million tokens that go in
 * @param cached price of a million that go in and were there before
 * @param output price of a million that come out
 */
public record TokenPrice(BigDecimal input, BigDecimal cached, BigDecimal output) {
    public TokenPrice {
        if (input.signum() < 0 || cached.signum() < 0 || output.signum() < 0)
            throw new IllegalArgumentException("TokenPrice: " + input + ", " + cached + ", " + output + "; prices are not negative");
    }

    /** Prices as they are written: {@code TokenPrice.of("3", "0.30", "15")}. */
    public static TokenPrice of(String input, String cached, String output) {
        return new TokenPrice(new BigDecimal(input), new BigDecimal(cached), new BigDecimal(output));
    }

    /** The cost of a call, to the last digit: {@code (in p + cached q + out r) / 1,000,000}. */
    public BigDecimal of(long in, long cachedIn, long out) {
        if (in < 0 || cachedIn < 0 || out < 0)
            throw new IllegalArgumentException("TokenPrice: " + in + ", " + cachedIn + " and " + out + " tokens; none is negative");
        var sum = input.multiply(BigDecimal.valueOf(in)).add(cached.multiply(BigDecimal.valueOf(cachedIn)))
                .add(output.multiply(BigDecimal.valueOf(out)));
        return sum.movePointLeft(6);
    }
}
