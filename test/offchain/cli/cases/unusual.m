function mpc = unusual
%UNUSUAL   Valid, and everything in it is unusual; written for this test.
mpc.version = '2';
mpc.baseMVA = 50;   % not 100

%% bus data
%	bus_i	type	Pd	Qd	Gs	Bs	area	Vm	Va	baseKV	zone	Vmax	Vmin
mpc.bus = [
	10	3	0	0	0	0	1	1	0	115	1	1.1	0.9;   % the slack
	305, 1, 4e1, 1.2E+1, 0, 0, 1, 1, 0, 115, 1, 1.1, 0.9
	% a comment between rows
	20	2	3.5d1	0	.5	-1.5e-1	1	1.01	0	115	1	1.1	0.9
	7	4	5	1	0	0	1	1	0	115	1	1.1	0.9; 99 1 +10 2 0 0 1 1 0 115 1 Inf -Inf
];

%% generator data
mpc.gen = [
	10	50	0	Inf	-Inf	1	50	1	100	0	0 0 0 0 0 0 0 0 0 0 0;
	10	20	0	10	-10	1	50	1	60	0	0 0 0 0 0 0 0 0 0 0 0;   # octave comment
	20	10	0	30	-30	1.01	50	1	40	5	0 0 0 0 0 0 0 0 0 0 0;
	20	15	0	30	-30	1.01	50	0	40	0	0 0 0 0 0 0 0 0 0 0 0;
	7	5	0	30	-30	1	50	1	40	0	0 0 0 0 0 0 0 0 0 0 0;
];

%{
 block comment with ] and 1 2 3
%}
mpc.branch = [
	10	305	0.01	0.1	0.02	30	0	0	0	0	1	-360	360;
	10	305	0.01	0.1	0.02	30	0	0	0	0	1	-360	360;	% parallel
	305	20	0.01	0.2	0	0	0	0	0.98	-3	1	-360	360;	% phase shifter, unlimited
	10	20	0.02	0.15	0	0	0	0	0	0	0	-360	360;	% off
	20	99	0.01	0.1	0	Inf	0	0	1.02	0	1	0	0;
	10	99	0.01	...
		0.12	0	25	0	0	0	0	1	-360	360;
	7	10	0.01	0.1	0	10	0	0	0	0	1	-360	360;
];

mpc.gencost = [
	1	0	0	3	0	0	50	1000	100	3000;
	2	0	0	3	0.01	22	0	0	0	0;
	2	0	0	2	25	0	0	0	0	0;
	1	0	0	2	0	0	40	800	0	0;
	2	0	0	1	5	0	0	0	0	0;
];
