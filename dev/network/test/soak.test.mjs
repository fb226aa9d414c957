import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slope } from '../lib/soak.mjs';

test('a slope is that of the line, whatever scatters around it', () => {
	const line = Array.from({ length: 100 }, (_, x) => [x, 5 + 3 * x]);
	assert.ok(Math.abs(slope(line).value - 3) < 1e-9);
	assert.ok(slope(line).error < 1e-9);
	const scattered = line.map(([x, y]) => [x, y + (x % 2 === 0 ? 10 : -10)]);
	const { value, error } = slope(scattered);
	assert.ok(Math.abs(value - 3) < 3 * error, `${value} with an error of ${error}`);
	assert.ok(error > 0.01);
});
