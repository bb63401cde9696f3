/** Recommendation from sparse ratings or clicks: factors by alternating least squares, descent or ranking, neighbourhoods, popularity. */
package lyceum.learn.recommend;
