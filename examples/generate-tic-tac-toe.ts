/**
 * Writes `examples/tic-tac-toe.json`: games of tic-tac-toe in which an agent weighs several scored candidate moves at
 * each of its turns, as NeMo Agent Toolkit would have written them (`workflow_output.json`).
 *
 *     npx node examples/generate-tic-tac-toe.ts > examples/tic-tac-toe.json
 *
 * A score is between 0 (lost) and 1 (won): what perfect play makes of the move, and how random games after it end.
 * As with a real judge there are ties, equal answers with unequal scores, and now and then an empty answer.
 */
export function ticTacToeTraces(): string {
  const games = OPENINGS.map((opening, game) => playGame(opening, game + 1));
  // Python writes a whole float as 1.0, where JavaScript writes 1.
  return JSON.stringify(games, null, 2).replace(/^( *"(?:score|event_timestamp)": \d+)(?=,?$)/gm, '$1.0');
}

type Player = 'X' | 'O';
type Square = Player | '_';
type Board = readonly Square[];
type Random = () => number;

/** Squares already taken when the agent first moves, X first: a different opening a game, so that prompts differ. */
const OPENINGS = ['', 'a1', 'b2', 'b1', 'c3', 'a1 b2', 'b2 a1', 'b2 c2', 'a1 b1', 'a2 c2', 'c1 a3', 'b3 b2'];
const SQUARES = ['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3'];
const LINES = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
  [0, 3, 6],
  [1, 4, 7],
  [2, 5, 8],
  [0, 4, 8],
  [2, 4, 6],
] as const;
const CANDIDATES_A_TURN = [2, 3, 3, 4, 4, 5];
const ROLLOUTS = 8;
/** One answer in so many is empty: a model that stopped at once. */
const EMPTY_ANSWER_IN = 40;
/** 2026-01-05T09:00:00Z, in seconds; each game is an hour after the last. */
const FIRST_GAME_AT = 1_767_603_600;

function playGame(opening: string, id: number) {
  const random = mulberry32(id * 7919);
  const trace = traceOf(id, random);
  let board: Board = SQUARES.map(() => '_');
  for (const square of opening.split(' ').filter(Boolean)) board = play(board, SQUARES.indexOf(square), toMove(board));
  const agent = toMove(board);

  trace.step('WORKFLOW_START', 'tic_tac_toe', { input: agent });
  for (let turn = 0; !isOver(board); turn++) {
    const move = toMove(board) === agent ? agentTurn(board, turn, trace, random) : pick(emptySquares(board), random);
    board = play(board, move, toMove(board));
  }
  const outcome = resultFor(agent, board);
  trace.step('WORKFLOW_END', 'tic_tac_toe', { output: outcome });

  return {
    id,
    question: `Play ${agent}${opening === '' ? '' : ` after ${opening}`}.`,
    answer: 'win',
    generated_answer: outcome,
    intermediate_steps: trace.steps,
    expected_intermediate_steps: [],
  };
}

/** Records the turn's candidates and returns the best one's square. */
function agentTurn(board: Board, turn: number, trace: Trace, random: Random): number {
  const prompt = promptFor(board);
  const turnId = `turn_${turn}_${hex(random, 8)}`;
  const wanted = Math.min(pick(CANDIDATES_A_TURN, random), 2 * emptySquares(board).length - 1);
  let best = { move: -1, score: -1 };
  for (let index = 0; index < wanted; index++) {
    const turnData = { turn_id: turnId, turn_index: turn, candidate_index: index };
    const uuid = trace.step('TTC_START', 'dpo_candidate_move', { ...turnData, score: null });
    const move = pick(emptySquares(board), random);
    const silent = index > 0 && random() < 1 / EMPTY_ANSWER_IN;
    const output = silent ? '' : answerFor(board, move);
    const score = silent ? 0 : scoreOf(board, move, random);
    trace.step('LLM_END', 'player_llm', { input: prompt.at(-1)?.content, output });
    const metadata = { candidate_index: index, square: silent ? null : SQUARES[move], player: toMove(board) };
    trace.step('TTC_END', 'dpo_candidate_move', { input: prompt, output, ...turnData, score }, metadata, uuid);
    if (score > best.score) best = { move, score };
  }
  return best.move;
}

const promptFor = (board: Board) => [
  {
    role: 'system',
    content: `You play tic-tac-toe as ${toMove(board)}. Columns are a to c from the left, rows 1 to 3 from the top. Give a short reason, then "Move:" and an empty square.`,
  },
  {
    role: 'user',
    content: ['  a b c', ...[0, 3, 6].map((at) => `${at / 3 + 1} ${board.slice(at, at + 3).join(' ')}`)].join('\n'),
  },
];

function answerFor(board: Board, move: number): string {
  const player = toMove(board);
  const reason = wins(play(board, move, player), player)
    ? 'This completes my line.'
    : wins(play(board, move, other(player)), other(player))
      ? `This blocks ${other(player)}.`
      : move === 4
        ? 'The centre lies on four lines.'
        : move % 2 === 0
          ? 'A corner lies on three lines.'
          : 'An edge keeps my options open.';
  return `${reason}\nMove: ${SQUARES[move]}`;
}

/** 0 to 1 in steps of 1/40: three fifths perfect play, two fifths the random games' mean. */
function scoreOf(board: Board, move: number, random: Random): number {
  const player = toMove(board);
  const after = play(board, move, player);
  let points = 0;
  for (let game = 0; game < ROLLOUTS; game++) points += pointsFor(player, rollout(after, random));
  // Whole numbers until the last division: the same score has the same digits everywhere.
  return (24 * perfectPlay(after, player) + (16 / ROLLOUTS) * points) / 40;
}

function rollout(start: Board, random: Random): Board {
  let board = start;
  while (!isOver(board)) board = play(board, pick(emptySquares(board), random), toMove(board));
  return board;
}

function perfectPlay(board: Board, player: Player): number {
  if (isOver(board)) return pointsFor(player, board);
  const values = emptySquares(board).map((move) => perfectPlay(play(board, move, toMove(board)), player));
  return toMove(board) === player ? Math.max(...values) : Math.min(...values);
}

const other = (player: Player): Player => (player === 'X' ? 'O' : 'X');
const toMove = (board: Board): Player => (emptySquares(board).length % 2 === 1 ? 'X' : 'O');
const play = (board: Board, move: number, player: Player): Board => board.with(move, player);
const emptySquares = (board: Board): number[] => board.flatMap((square, at) => (square === '_' ? [at] : []));
const wins = (board: Board, player: Player): boolean => LINES.some((line) => line.every((at) => board[at] === player));
const isOver = (board: Board): boolean => wins(board, 'X') || wins(board, 'O') || emptySquares(board).length === 0;
const pointsFor = (player: Player, board: Board): number =>
  wins(board, player) ? 1 : wins(board, other(player)) ? 0 : 0.5;
const resultFor = (player: Player, board: Board): string =>
  wins(board, player) ? 'win' : wins(board, other(player)) ? 'loss' : 'draw';

type Trace = ReturnType<typeof traceOf>;

/** Collects steps with NAT's keys, in NAT's order; each is a quarter of a second after the last. */
function traceOf(game: number, random: Random) {
  const steps: unknown[] = [];
  const functionId = uuid4(random);
  const step = (
    eventType: string,
    name: string,
    data: object,
    metadata: object | null = null,
    uuid = uuid4(random),
  ) => {
    steps.push({
      parent_id: 'root',
      function_ancestry: {
        function_id: functionId,
        function_name: 'tic_tac_toe',
        parent_id: 'root',
        parent_name: 'root',
      },
      payload: {
        event_type: eventType,
        event_timestamp: FIRST_GAME_AT + game * 3600 + steps.length / 4,
        span_event_timestamp: null,
        framework: null,
        name,
        tags: null,
        metadata,
        data: { input: null, output: null, chunk: null, payload: null, ...data },
        usage_info: null,
        UUID: uuid,
      },
    });
    return uuid;
  };
  return { steps, step };
}

function uuid4(random: Random): string {
  const variant = pick(['8', '9', 'a', 'b'], random);
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${variant}${hex(random, 3)}-${hex(random, 12)}`;
}

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');

function pick<T>(choices: readonly T[], random: Random): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error('There is nothing to choose from.');
  return choice;
}

/** A small seeded generator of numbers from 0 to below 1, the same on every machine. */
function mulberry32(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (import.meta.main) process.stdout.write(ticTacToeTraces());
